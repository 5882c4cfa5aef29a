import { Buffer } from "node:buffer";
import { keptCopy } from "./kept-copy.ts";

/** What `send`, `ping` and `pong` take: text, any buffer or view, a Blob, a number (sent as text), or what `Buffer.from` turns into bytes. */
export type SendData =
  | string
  | number
  | Buffer
  | ArrayBufferView
  | ArrayBufferLike
  | Blob
  | readonly unknown[]
  | { valueOf(): unknown }
  | { [Symbol.toPrimitive](hint: string): string };

/** What a `message` listener gets: a Buffer, or what `binaryType` asks for. With `blob` it is a `Blob`, whatever this type says: as in `@types/ws`. */
export type RawData = Buffer | ArrayBuffer | Buffer[];

/** How binary messages are handed out. */
export type BinaryType = "nodebuffer" | "arraybuffer" | "fragments" | "blob";

/**
 * The bytes of a buffer, a view, an array of numbers, or of whatever else `Buffer.from` takes. Views share their memory with the result.
 * @throws TypeError `ERR_INVALID_ARG_TYPE` for anything else
 */
export function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it checks its argument by itself, and its error is the one that `ws` throws
  return Buffer.from(data as string);
}

/** Whether it is a `Blob` or a `File`, of Node or of a library that brings its own. */
export function isBlob(data: unknown): data is Blob {
  if (typeof data !== "object" || data === null || ArrayBuffer.isView(data)) return false;
  const tag: unknown = Reflect.get(data, Symbol.toStringTag);
  return (tag === "Blob" || tag === "File") && typeof Reflect.get(data, "arrayBuffer") === "function";
}

/** How much memory a small Buffer of Node's own holds: 8 KiB, from Node 24 on 64 KiB, and on Node 26 a little more than `Buffer.poolSize`. */
export const SMALL_BUFFER_BYTES: number = Buffer.allocUnsafe(1).buffer.byteLength;

/** Whether a view of the chunk may be kept without a thought: it holds no more memory than a small Buffer of Node's own. */
export function isSmall(chunk: Uint8Array): boolean {
  return chunk.length <= SMALL_BUFFER_BYTES && chunk.buffer.byteLength <= SMALL_BUFFER_BYTES;
}

/** A `Buffer` over the same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  // `Buffer.isBuffer` asks the same and takes 9 ns more.
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The received bytes as a `Buffer` that its receiver may keep. A view into the chunk they came in is handed out only when it is at least half of
 * that chunk's memory; smaller ones are copied (0.04 µs), since a program that keeps 20 bytes of a 64 KiB chunk would keep all of it.
 */
export function ownedBuffer(bytes: Uint8Array, shared: boolean): Buffer {
  if (bytes.length === 0) return Buffer.alloc(0);
  return shared || bytes.length * 2 < bytes.buffer.byteLength ? keptCopy(bytes) : asBuffer(bytes);
}

/** The received bytes as an `ArrayBuffer` of exactly their length, copied unless they fill their memory and it is theirs alone. */
export function ownedArrayBuffer(bytes: Uint8Array, shared: boolean): ArrayBuffer {
  const { buffer } = bytes;
  if (!shared && buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length) return buffer;
  return new Uint8Array(bytes).buffer;
}
