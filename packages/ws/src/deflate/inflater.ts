import type { Inflated } from "../message-codec.ts";
import type { SyncZlib } from "./sync-zlib.ts";
import { scratch, type ZlibContext } from "./zlib-context.ts";
import { joined } from "./zlib-job.ts";

/** Larger pieces are inflated in the thread pool. */
const SYNC_UP_TO_BYTES = 32_768;

/** From this much output on the rest of a small piece goes to the thread pool, too: 32 KiB may hold 32 MiB. */
const SYNC_OUTPUT_BYTES = 262_144;

/** A final block makes zlib begin anew (about 1 µs); who sends them by the thousand in one piece only wants to cost time. */
const MAX_FINAL_BLOCKS = 64;

/** The end of the last block of a message, which the sender leaves out (RFC 7692 §7.2.2). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

// Holds a piece and its tail while it is read; nothing of it is needed afterwards.
const input = Buffer.allocUnsafeSlow(SYNC_UP_TO_BYTES + TAIL.length);

/**
 * Undoes the compression of a message, or of a piece of it. Stops as soon as more than `limitBytes` have come out, so that never more than that and one
 * chunk is held. Answers at once where it can and the piece is small, else undefined, and later through the callback.
 */
export function inflate(
  context: ZlibContext,
  data: Uint8Array,
  isFinal: boolean,
  limitBytes: number,
  concurrencyLimit: number,
  later: (result: Inflated) => void,
): Inflated | undefined {
  const part = new Part(limitBytes);
  if (context.sync !== undefined && data.length <= SYNC_UP_TO_BYTES) {
    const result = part.inflate(context, context.sync, data, isFinal);
    if (result !== undefined) return result;
  }
  context.jobs.start({
    // The piece lies in a chunk that others read into when this call returns.
    input: part.rest === undefined ? [Buffer.from(data), ...(isFinal ? [TAIL] : [])] : [part.rest],
    chunks: part.chunks,
    bytes: part.bytes,
    limitBytes,
    concurrencyLimit,
    done: (result) => later("why" in result ? result : joined(result.chunks, result.bytes)),
  });
  return undefined;
}

/** A piece that is being inflated on this thread. */
class Part {
  readonly chunks: Uint8Array[] = [];
  bytes = 0;
  /** What is left of the input when the thread pool goes on. */
  rest: Uint8Array | undefined;
  readonly #limitBytes: number;
  #finalBlocks = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Undefined when too much is left for this thread. */
  inflate(context: ZlibContext, zlib: SyncZlib, data: Uint8Array, isFinal: boolean): Inflated | undefined {
    input.set(data);
    if (isFinal) input.set(TAIL, data.length);
    const end = data.length + (isFinal ? TAIL.length : 0);
    let at = 0;
    for (;;) {
      const fault = zlib.write(input, at, end - at, scratch);
      if (fault !== undefined) return { why: "data", detail: fault };
      at = end - zlib.inputLeft;
      const isFull = zlib.outputLeft === 0;
      if (!this.#take(scratch.length - zlib.outputLeft)) return { why: "limit", detail: `more than ${this.#limitBytes} bytes` };
      if (!isFull && at === end) return this.#complete(context, isFinal);
      // There is room and still zlib stops reading: the block before was marked as the last one. The next begins anew (RFC 7692 §7.2.1).
      if (!isFull) {
        if (++this.#finalBlocks > MAX_FINAL_BLOCKS) return { why: "data", detail: `more than ${MAX_FINAL_BLOCKS} final blocks` };
        context.reset();
      }
      if (this.bytes >= SYNC_OUTPUT_BYTES) {
        this.rest = Buffer.from(input.subarray(at, end));
        return undefined;
      }
    }
  }

  #take(length: number): boolean {
    this.bytes += length;
    if (this.bytes > this.#limitBytes) return false;
    if (length > 0) this.chunks.push(Buffer.from(scratch.subarray(0, length)));
    return true;
  }

  #complete(context: ZlibContext, isFinal: boolean): Uint8Array {
    // What stood behind a final block may have left zlib inside a block.
    if (isFinal && this.#finalBlocks > 0) context.reset();
    return joined(this.chunks, this.bytes);
  }
}
