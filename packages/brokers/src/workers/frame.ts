/** What a frame is: a question that wants an answer, the answer or why there is none, or something told. */
export const FrameKind = { Question: 0, Answer: 1, Failure: 2, Told: 3 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** One frame of the line between a worker and the primary. */
export interface Frame {
  readonly kind: FrameKind;
  /** Which question it is or answers; for something told, whom it is for. */
  readonly number: number;
  readonly body: string;
}

/** 4 bytes length of what follows, 1 byte kind, 4 bytes number, then the body in UTF-8; big-endian. */
const headBytes = 9;
/** A page of history may be large; more than this is no frame of ours. */
export const mostFrameBytes: number = 256 * 1024 * 1024;

/** A frame as bytes. */
export function encodeFrame(kind: FrameKind, number: number, body: string | Uint8Array): Buffer {
  const size = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  const frame = Buffer.allocUnsafe(headBytes + size);
  frame.writeUInt32BE(headBytes - 4 + size, 0);
  frame[4] = kind;
  frame.writeUInt32BE(number, 5);
  if (typeof body === "string") frame.write(body, headBytes);
  else frame.set(body, headBytes);
  return frame;
}

/** Finds the frames in a stream of bytes. */
export class FrameReader {
  #rest: Buffer[] = [];
  #restBytes = 0;
  #wanted = headBytes;

  /**
   * Takes the next bytes, for good, and gives what is whole.
   * @throws RangeError for what is no frame
   */
  read(chunk: Buffer): Frame[] {
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    // The parts of a large frame are put together once, not with every chunk.
    if (this.#restBytes < this.#wanted) return [];
    let bytes = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest);
    const frames: Frame[] = [];
    for (;;) {
      this.#wanted = bytes.length < 4 ? headBytes : 4 + lengthOf(bytes);
      if (bytes.length < this.#wanted) break;
      frames.push(frameIn(bytes, this.#wanted));
      bytes = bytes.subarray(this.#wanted);
    }
    this.#rest = bytes.length === 0 ? [] : [bytes];
    this.#restBytes = bytes.length;
    return frames;
  }
}

function lengthOf(bytes: Buffer): number {
  const length = bytes.readUInt32BE(0);
  if (length < headBytes - 4 || length > mostFrameBytes) throw new RangeError(`a frame of ${length} bytes is none of ours`);
  return length;
}

function frameIn(bytes: Buffer, end: number): Frame {
  const kind = Object.values(FrameKind).find((known) => known === bytes[4]);
  if (kind === undefined) throw new RangeError(`${bytes[4]} is no kind of frame`);
  return { kind, number: bytes.readUInt32BE(5), body: bytes.toString("utf8", headBytes, end) };
}
