import { unmask } from "@openline/protocol";
import { simdMemory } from "./mask-simd.ts";

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

let shared: SharedReadBuffer | undefined;
/** What `shared` lies in; outside, to spare the hot paths a look at something that may not be there. */
let memory: ArrayBufferLike | undefined;
let unmaskAt: ((at: number, bytes: number, key: number) => void) | undefined;

/** Made when it is first asked for, and kept as long as the process: sockets know its address. */
export function sharedReadBuffer(): SharedReadBuffer {
  return (shared ??= make());
}

/** Whether these bytes will be overwritten by the next read. */
export function isSharedRead(bytes: Uint8Array): boolean {
  return memory !== undefined && bytes.buffer === memory;
}

/** The bytes themselves when they will stay until the kernel has them, a copy when the next read overwrites them. */
export function unshared(bytes: Uint8Array): Uint8Array {
  return isSharedRead(bytes) ? Buffer.from(bytes) : bytes;
}

/** A Buffer over the same place of the shared buffer. Undefined where no view may be handed out: elsewhere, or in memory that a program could detach. */
export function sharedView(bytes: Uint8Array): Buffer | undefined {
  if (shared === undefined || !shared.isWasm || !isSharedRead(bytes)) return undefined;
  return shared.asBuffer.subarray(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

/** Unmasks in place, as `Platform.unmask` wants it: by SIMD where the bytes lie in the shared buffer (RFC 6455 §5.3). */
export function fastUnmask(bytes: Uint8Array, key: number, phase: number): void {
  if (unmaskAt === undefined || bytes.buffer !== memory || bytes.length < SIMD_FROM_BYTES) return unmask(bytes, key, phase);
  const bits = (phase & 3) << 3;
  unmaskAt(bytes.byteOffset, bytes.length, bits === 0 ? key : (key >>> bits) | (key << (32 - bits)));
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
