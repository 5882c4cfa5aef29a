/** A frame as it stands on the line (RFC 6455 §5.2). */
export interface SeenFrame {
  readonly fin: boolean;
  readonly rsv: readonly [rsv1: boolean, rsv2: boolean, rsv3: boolean];
  readonly opcode: number;
  readonly masked: boolean;
  readonly length: number;
  /** How the length is written: in 7, 16 or 64 bits. */
  readonly lengthBits: 7 | 16 | 64;
  /** The header's bytes, masking key included. */
  readonly header: Buffer;
  readonly maskingKey: Buffer | undefined;
  /** The payload's first bytes, unmasked. */
  readonly preview: Buffer;
}

/** So much of a payload is kept. */
const previewBytes = 256;

/** Reads the frames of one direction, for people: each is told when it is complete, whatever it is. */
export class FrameReader {
  readonly #onFrame: (frame: SeenFrame) => void;
  #rest: Buffer = Buffer.alloc(0);
  #frame: Omit<SeenFrame, "preview"> | undefined;
  #preview: Buffer = Buffer.alloc(0);
  #left = 0;

  constructor(onFrame: (frame: SeenFrame) => void) {
    this.#onFrame = onFrame;
  }

  push(bytes: Buffer): void {
    let chunk = this.#frame === undefined ? Buffer.concat([this.#rest, bytes]) : bytes;
    for (;;) {
      if (this.#frame === undefined) {
        const frame = headerOf(chunk);
        if (frame === undefined) {
          this.#rest = Buffer.from(chunk);
          return;
        }
        this.#frame = frame;
        this.#left = frame.length;
        this.#preview = Buffer.alloc(0);
        chunk = chunk.subarray(frame.header.length);
      }
      const taken = Math.min(this.#left, chunk.length);
      if (this.#preview.length < previewBytes)
        this.#preview = Buffer.concat([this.#preview, chunk.subarray(0, taken)]).subarray(0, previewBytes);
      this.#left -= taken;
      chunk = chunk.subarray(taken);
      if (this.#left > 0) return;
      const frame = this.#frame;
      this.#frame = undefined;
      this.#onFrame({ ...frame, preview: unmasked(this.#preview, frame.maskingKey) });
    }
  }
}

function headerOf(chunk: Buffer): Omit<SeenFrame, "preview"> | undefined {
  if (chunk.length < 2) return undefined;
  const first = chunk.readUInt8(0);
  const second = chunk.readUInt8(1);
  const masked = second >= 128;
  const short = second & 127;
  const lengthBits = short === 126 ? 16 : short === 127 ? 64 : 7;
  const lengthEnd = 2 + (lengthBits === 7 ? 0 : lengthBits / 8);
  const end = lengthEnd + (masked ? 4 : 0);
  if (chunk.length < end) return undefined;
  const length = lengthBits === 7 ? short : lengthBits === 16 ? chunk.readUInt16BE(2) : Number(chunk.readBigUInt64BE(2));
  return {
    fin: (first & 128) !== 0,
    rsv: [(first & 64) !== 0, (first & 32) !== 0, (first & 16) !== 0],
    opcode: first & 15,
    masked,
    length,
    lengthBits,
    header: Buffer.from(chunk.subarray(0, end)),
    maskingKey: masked ? Buffer.from(chunk.subarray(lengthEnd, end)) : undefined,
  };
}

function unmasked(bytes: Buffer, key: Buffer | undefined): Buffer {
  return key === undefined ? bytes : Buffer.from(bytes.map((byte, at) => byte ^ (key[at % 4] ?? 0)));
}
