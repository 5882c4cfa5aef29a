// The tester's own framing, written from RFC 6455 §5.2 and apart from the code under test. It can also write what the RFC forbids.
import { randomBytes } from "node:crypto";

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One frame to send. What is left out is as the RFC wants it. */
export interface FrameSpec {
  readonly opcode: number;
  readonly payload?: Uint8Array;
  readonly fin?: boolean;
  /** Bits 4, 2, 1 for RSV1, RSV2, RSV3. */
  readonly rsv?: number;
  /** Masked by a server or not masked by a client. */
  readonly wrongMask?: boolean;
  /** The bytes of the masking key; random when left out. */
  readonly key?: Uint8Array;
  /** Which form of the length to write: 7, 16 or 64 bits; the shortest that fits when left out. */
  readonly lengthBits?: 7 | 16 | 64;
  /** The length to announce instead of the payload's own. */
  readonly announce?: bigint;
  /** Compress the payload and set RSV1; only where permessage-deflate is in use. */
  readonly compress?: boolean;
}

/** One frame as it came. */
export interface Frame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly masked: boolean;
  readonly key: number;
  readonly lengthBits: 7 | 16 | 64;
  readonly payload: Buffer;
}

/** The frame's header, masking key included. */
function header(spec: FrameSpec, masked: boolean, key: Uint8Array): Buffer {
  const length = spec.announce ?? BigInt(spec.payload?.length ?? 0);
  const bits = spec.lengthBits ?? shortest(length);
  const head = Buffer.alloc(2 + { 7: 0, 16: 2, 64: 8 }[bits]);
  head[0] = (spec.fin === false ? 0 : 0x80) | ((spec.rsv ?? 0) << 4) | spec.opcode;
  head[1] = (masked ? 0x80 : 0) | (bits === 7 ? Number(length) : { 16: 126, 64: 127 }[bits]);
  if (bits === 16) head.writeUInt16BE(Number(length), 2);
  if (bits === 64) head.writeBigUInt64BE(length, 2);
  return masked ? Buffer.concat([head, key]) : head;
}

function shortest(length: bigint): 7 | 16 | 64 {
  if (length < 126n) return 7;
  return length < 65_536n ? 16 : 64;
}

/** The frame's bytes as a client (`masks`) or a server sends them. */
export function encodeFrame(spec: FrameSpec, masks: boolean): Buffer {
  const masked = spec.wrongMask === true ? !masks : masks;
  const key = spec.key ?? randomBytes(4);
  const payload = Buffer.from(spec.payload ?? []);
  if (masked) xor(payload, key);
  return Buffer.concat([header(spec, masked, key), payload]);
}

/** How many bytes of the encoded frame come before its payload. */
export function headerSize(spec: FrameSpec, masks: boolean): number {
  const masked = spec.wrongMask === true ? !masks : masks;
  return header(spec, masked, new Uint8Array(4)).length;
}

function xor(bytes: Uint8Array, key: Uint8Array): void {
  const [a = 0, b = 0, c = 0, d = 0] = key;
  const keys = [a, b, c, d] as const;
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ (keys[(i & 3) as 0 | 1 | 2 | 3] ?? 0);
}

/** Takes frames out of what arrives, however it is cut. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;
  #wanted = 2;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  /** The next whole frame, or undefined when more bytes are needed. */
  take(): Frame | undefined {
    // Large frames come in many chunks: joining them only once keeps 16 MiB linear.
    if (this.#size < this.#wanted) return undefined;
    const bytes = this.#chunks.length === 1 && this.#chunks[0] !== undefined ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    const shape = readHeader(bytes);
    if (shape === undefined || bytes.length < shape.start + shape.length) {
      this.#wanted = shape === undefined ? bytes.length + 1 : shape.start + shape.length;
      return undefined;
    }
    return this.#cut(bytes, shape);
  }

  #cut(bytes: Buffer, shape: Shape): Frame {
    const end = shape.start + shape.length;
    const payload = Buffer.from(bytes.subarray(shape.start, end));
    if (shape.masked) xor(payload, bytes.subarray(shape.start - 4, shape.start));
    this.#chunks = [bytes.subarray(end)];
    this.#size = bytes.length - end;
    this.#wanted = 2;
    const key = shape.masked ? bytes.readUInt32BE(shape.start - 4) : 0;
    const first = bytes[0] ?? 0;
    const { masked, lengthBits } = shape;
    return { opcode: first & 15, fin: first > 127, rsv: (first >> 4) & 7, masked, key, lengthBits, payload };
  }
}

interface Shape {
  readonly start: number;
  readonly length: number;
  readonly masked: boolean;
  readonly lengthBits: 7 | 16 | 64;
}

function readHeader(bytes: Buffer): Shape | undefined {
  if (bytes.length < 2) return undefined;
  const second = bytes[1] ?? 0;
  const masked = second > 127;
  const short = second & 127;
  const lengthBits = short < 126 ? 7 : short === 126 ? 16 : 64;
  const start = 2 + { 7: 0, 16: 2, 64: 8 }[lengthBits] + (masked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length = lengthBits === 7 ? short : lengthBits === 16 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return { start, length, masked, lengthBits };
}

/** What is wrong with a frame that an endpoint sent, whatever it stands between. */
export function frameFaults(frame: Frame, fromClient: boolean, compression: boolean): string[] {
  const faults: string[] = [];
  const { length } = frame.payload;
  if (frame.masked !== fromClient) faults.push(fromClient ? "a client's frame is not masked" : "a server's frame is masked");
  if (frame.lengthBits !== shortest(BigInt(length))) faults.push(`a length of ${length} is written in ${frame.lengthBits} bits`);
  if (frame.rsv !== 0 && !(compression && frame.rsv === 4)) faults.push(`reserved bits ${frame.rsv} are set`);
  if (!(Object.values(Opcode) as number[]).includes(frame.opcode)) faults.push(`opcode ${frame.opcode} is reserved`);
  if (frame.opcode >= 8) {
    if (!frame.fin) faults.push("a control frame is fragmented");
    if (frame.rsv !== 0) faults.push("a control frame has a reserved bit");
    if (length > 125) faults.push(`a control frame has ${length} bytes`);
  }
  return faults;
}
