import { markAsUntransferable } from "node:worker_threads";
import { bufferView } from "./buffer-view.ts";
import { keepFreedMemory } from "./freed-memory.ts";

/** As much as a kept message may hold of others' memory: what a small Buffer of Node's own holds from Node 24 on, and a message of `ws`, a view of what was read. */
const BLOCK_BYTES = 65_536;

/** Below this size Node's own pool is as good. */
const FROM_BYTES = 1024;

/** Above it a block would hold fewer than four. */
const UP_TO_BYTES = BLOCK_BYTES / 4;

let block = Buffer.alloc(0);
let memory: ArrayBufferLike = block.buffer;
let used = 0;

/**
 * A copy that its receiver may keep. Those of 1 to 16 KiB share blocks: memory of its own for each costs the allocation, the collector's accounts and a fresh
 * `ArrayBuffer`, 1.2 µs together, which a block divides among its messages.
 */
export function keptCopy(bytes: Uint8Array): Buffer {
  const { length } = bytes;
  if (length < FROM_BYTES) return Buffer.from(bytes);
  keepFreedMemory();
  if (length > UP_TO_BYTES) return Buffer.from(bytes);
  if (used + length > block.length) beginBlock();
  block.set(bytes, used);
  const copy = bufferView(memory, used, length);
  // So that the next one lies as Node's own would.
  used = (used + length + 7) & ~7;
  return copy;
}

function beginBlock(): void {
  block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  memory = block.buffer;
  // As Node does with its pool: who transferred one message to a worker would take the others along.
  markAsUntransferable(memory);
  used = 0;
}
