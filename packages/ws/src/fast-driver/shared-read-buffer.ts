import { Buffer } from "node:buffer";
import { unmaskMemory } from "@openline/protocol";
import { simdMemory, type UnmaskAt } from "./mask-simd.ts";

/**
 * As much as one read may bring. The kernel seldom has more than a few hundred KiB for one socket, and only what is touched costs memory; 64 KiB
 * would take eight reads, each with its way into JavaScript, for what one can bring.
 */
export const SHARED_READ_BYTES: number = 512 * 1024;

/** Below this size going into WebAssembly costs more than it saves, on the platforms where it starts slowest. */
const SIMD_FROM_BYTES = 32;

/** The one piece of memory that all sockets of the fast driver are read into, one after the other. */
export interface SharedReadBuffer {
  /** Valid until the next read of any socket. */
  readonly bytes: Uint8Array;
  /** The same memory, for what must be a Buffer. */
  readonly asBuffer: Buffer;
  /** Whether it is WebAssembly's: nobody can then detach it, so views of it may be handed out. */
  readonly isWasm: boolean;
}

/** What Node takes from its pool: less than half of it for one Buffer. */
export const POOLED_UP_TO_BYTES: number = (Buffer.poolSize >>> 1) - 1;

/** The first so many bytes of the shared buffer, by their number: a new view takes 25 ns. */
const views: (Uint8Array | undefined)[] = Array.from({ length: POOLED_UP_TO_BYTES + 1 }, () => undefined);

let shared: SharedReadBuffer | undefined;
/** What `shared` lies in; outside, to spare the hot paths a look at something that may not be there. */
let memory: ArrayBufferLike | undefined;
let unmaskAt: UnmaskAt | undefined;

/** Whether a view of it was ever handed out. Without any nothing that comes in can be one, and asking a typed array for its memory costs 20 ns. */
let hasGivenViews = false;

/** Made when it is first asked for, and kept as long as the process: sockets know its address. */
export function sharedReadBuffer(): SharedReadBuffer {
  return (shared ??= make());
}

/**
 * What a read has brought to the front of the shared buffer, copied into memory from Node's pool: so the messages in it can be handed out as they lie, one
 * view of 14 ns each. A copy for each takes 60. At most {@link POOLED_UP_TO_BYTES}.
 */
export function pooledRead(length: number): Buffer {
  const chunk = Buffer.allocUnsafe(length);
  chunk.set((views[length] ??= sharedReadBuffer().bytes.subarray(0, length)));
  return chunk;
}

/** Whether these bytes will be overwritten by the next read. */
export function isSharedRead(bytes: Uint8Array): boolean {
  return bytes.buffer === memory;
}

/** Whether the bytes are a view that was handed out, which the next read overwrites. */
export function isLent(bytes: Uint8Array): boolean {
  return hasGivenViews && isSharedRead(bytes);
}

/** The bytes themselves when they will stay until the kernel has them, a copy when the next read overwrites them. */
export function unshared<T extends Uint8Array>(bytes: T): T | Buffer {
  return isLent(bytes) ? Buffer.from(bytes) : bytes;
}

/** A Buffer over the same place of the shared buffer. Undefined where no view may be handed out: elsewhere, or in memory that a program could detach. */
export function sharedView(bytes: Uint8Array): Buffer | undefined {
  if (shared === undefined || !shared.isWasm || !isSharedRead(bytes)) return undefined;
  hasGivenViews = true;
  return shared.asBuffer.subarray(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

/** Unmasks in place, as `Platform.unmask` wants it: by SIMD where the bytes lie in the shared buffer (RFC 6455 §5.3). */
export function fastUnmask(from: ArrayBufferLike, at: number, length: number, key: number): boolean {
  if (unmaskAt === undefined || from !== memory || length < SIMD_FROM_BYTES) return unmaskMemory(from, at, length, key);
  return unmaskAt(at, length, key) === 0;
}

function make(): SharedReadBuffer {
  const simd = simdMemory(SHARED_READ_BYTES);
  memory = simd?.buffer ?? Buffer.allocUnsafeSlow(SHARED_READ_BYTES).buffer;
  unmaskAt = simd?.unmaskAt;
  return {
    bytes: new Uint8Array(memory, 0, SHARED_READ_BYTES),
    asBuffer: Buffer.from(memory, 0, SHARED_READ_BYTES),
    isWasm: simd !== undefined,
  };
}
