import { type Machine, type PreparedFrame, unmask } from "@openline/protocol";
import { asBuffer } from "./payload.ts";
import { platform } from "./platform.ts";

/** A frame for the wire, as `Sender.frame` of `ws` makes it: header and payload, or both in one. */
export type FrameList = readonly (Buffer | string)[];

/** What to put into a frame. */
export interface FrameOptions {
  readonly opcode: number;
  /** The message ends with this frame. Default true here and in `send`. */
  readonly fin?: boolean | undefined;
  /** The payload is compressed. */
  readonly rsv1?: boolean | undefined;
  /** Clients mask, servers do not (RFC 6455 §5.1). */
  readonly mask?: boolean | undefined;
  /** Supplies the masking key. Default: cryptographic. */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
  /** Accepted for the sake of programs written for `ws`; the data is never changed here. */
  readonly readOnly?: boolean | undefined;
}

/** A frame, taken apart. */
export interface Frame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv1: boolean;
  /** Unmasked. */
  readonly payload: Buffer;
}

const FIN = 0x80;
const RSV1 = 0x40;
const MASK = 0x80;

/** Writes a frame (RFC 6455 §5.2). Unmasked, the payload stands in the list as it is; masked, header and payload are one new buffer. */
export function writeFrame(payload: Buffer, options: FrameOptions): Buffer[] {
  const isMasked = options.mask === true;
  const header = Buffer.allocUnsafe(headerBytes(payload.length, isMasked));
  header[0] = (options.fin === false ? 0 : FIN) | (options.rsv1 === true ? RSV1 : 0) | options.opcode;
  writeLength(header, payload.length, isMasked);
  if (!isMasked) return payload.length === 0 ? [header] : [header, payload];
  const key = header.subarray(header.length - 4);
  if (options.generateMask === undefined) key.writeUInt32LE(platform.randomMask());
  else options.generateMask(key);
  const frame = Buffer.concat([header, payload]);
  unmask(frame.subarray(header.length), key.readUInt32LE(), 0);
  return [frame];
}

/** Reads back what {@link writeFrame} wrote, or a program made by hand. @throws RangeError when it is no frame */
export function readFrame(list: FrameList): Frame {
  const bytes = Buffer.concat(list.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  let at = short === 127 ? 10 : short === 126 ? 4 : 2;
  const isMasked = (second & MASK) !== 0;
  if (bytes.length < at + (isMasked ? 4 : 0)) throw new RangeError(`A frame needs a header: only ${bytes.length} bytes were given`);
  const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  const key = isMasked ? bytes.readUInt32LE(at) : 0;
  if (isMasked) at += 4;
  const payload = bytes.subarray(at);
  if (payload.length !== length) throw new RangeError(`The frame's header says ${length} bytes of payload, ${payload.length} were given`);
  if (isMasked) unmask(payload, key, 0);
  return { opcode: first & 0x0f, fin: (first & FIN) !== 0, rsv1: (first & RSV1) !== 0, payload };
}

// One list goes to thousands of sockets: it is read once.
const prepared = new WeakMap<FrameList, Frame & { readonly frame: PreparedFrame | undefined }>();

/**
 * Sends such a frame in its order among all others. The header is not taken at its word: a client's frame is masked with a key of its own.
 * Answers whether it was one of a kind that can be sent here; close frames (opcode 8) are the caller's.
 * @throws RangeError when it is no frame; UsageError for a control frame over 125 bytes or a continuation of nothing
 */
export function sendFrameList(machine: Machine, list: FrameList): Frame {
  const known = prepared.get(list) ?? remember(list);
  const { opcode, fin, payload, frame } = known;
  if (frame !== undefined) machine.sendPrepared(frame, frame.deflated !== undefined);
  else if (opcode === 9) machine.sendPing(payload);
  else if (opcode === 10) machine.sendPong(payload);
  else if (opcode <= 2) sendFragment(machine, opcode, fin, payload);
  return known;
}

function sendFragment(machine: Machine, opcode: number, fin: boolean, payload: Buffer): void {
  if (opcode !== 0) machine.beginMessage(opcode === 1 ? "text" : "binary", false);
  if (fin) machine.endMessage(payload);
  else machine.sendFragment(payload);
}

function remember(list: FrameList): Frame & { readonly frame: PreparedFrame | undefined } {
  const read = readFrame(list);
  const known = { ...read, frame: isWhole(read) ? toPrepared(read) : undefined };
  prepared.set(list, known);
  return known;
}

function isWhole({ opcode, fin }: Frame): boolean {
  return fin && (opcode === 1 || opcode === 2);
}

function toPrepared({ opcode, rsv1, payload }: Frame): PreparedFrame {
  const frame = Buffer.concat(writeFrame(payload, { opcode, rsv1 }));
  return {
    opcode: opcode === 1 ? 1 : 2,
    frame,
    payload: asBuffer(frame.subarray(frame.length - payload.length)),
    deflated: rsv1 ? frame : undefined,
  };
}

function headerBytes(length: number, isMasked: boolean): number {
  return (length > 0xffff ? 10 : length > 125 ? 4 : 2) + (isMasked ? 4 : 0);
}

function writeLength(header: Buffer, length: number, isMasked: boolean): void {
  const mask = isMasked ? MASK : 0;
  if (length <= 125) {
    header[1] = mask | length;
  } else if (length <= 0xffff) {
    header[1] = mask | 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = mask | 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
}
