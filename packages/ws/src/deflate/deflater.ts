import type { Deflated } from "../message-codec.ts";
import type { SyncZlib } from "./sync-zlib.ts";
import { scratch, type ZlibContext } from "./zlib-context.ts";
import { joined } from "./zlib-job.ts";

/** Larger messages are compressed in the thread pool: 32 KiB take about 0.35 ms, and a turn of the loop waits for it. */
const SYNC_UP_TO_BYTES = 32_768;

const TAIL_BYTES = 4;

/** What an empty message, and an empty last fragment, is: the header of an empty block whose rest is the tail (RFC 7692 §7.2.3.6). */
const EMPTY = Buffer.from([0]);

/**
 * Compresses one message, or one fragment of it: flushed to a byte boundary, without the tail 00 00 ff ff when the message ends (RFC 7692 §7.2.1).
 * Answers at once where it can and the data is small, else undefined, and later through the callback.
 */
export function deflate(
  context: ZlibContext,
  data: Uint8Array,
  isFinal: boolean,
  concurrencyLimit: number,
  later: (result: Deflated) => void,
): Deflated | undefined {
  if (data.length === 0) return EMPTY;
  if (context.sync !== undefined && data.length <= SYNC_UP_TO_BYTES) return deflateNow(context.sync, data, isFinal);
  context.jobs.start({
    input: [data],
    chunks: [],
    bytes: 0,
    limitBytes: Number.POSITIVE_INFINITY,
    concurrencyLimit,
    done: (result) => later("why" in result ? new Error(result.detail) : cut(joined(result.chunks, result.bytes), isFinal)),
  });
  return undefined;
}

/** The same, whatever the size, on this thread. */
export function deflateNow(zlib: SyncZlib, data: Uint8Array, isFinal: boolean): Deflated {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let at = 0;
  do {
    const fault = zlib.write(data, at, data.length - at, scratch);
    if (fault !== undefined) return new Error(fault);
    at = data.length - zlib.inputLeft;
    const length = scratch.length - zlib.outputLeft;
    bytes += length;
    chunks.push(Buffer.from(scratch.subarray(0, length)));
  } while (zlib.outputLeft === 0);
  return cut(joined(chunks, bytes), isFinal);
}

function cut(bytes: Uint8Array, isFinal: boolean): Uint8Array {
  return isFinal ? bytes.subarray(0, bytes.length - TAIL_BYTES) : bytes;
}
