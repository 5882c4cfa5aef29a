/** What `send`, `ping` and `pong` take: text, any buffer or view, a number (sent as text), or what turns into one of them. */
export type SendData = string | number | Buffer | ArrayBufferView | ArrayBufferLike | Blob | readonly number[] | { valueOf(): unknown };

/** What a `message` listener gets: a Buffer, or what `binaryType` asks for. */
export type RawData = Buffer | ArrayBuffer | Buffer[] | Blob;

/** How binary messages are handed out. */
export type BinaryType = "nodebuffer" | "arraybuffer" | "fragments" | "blob";

/**
 * The bytes of a buffer, a view, an array of numbers, or of what `valueOf` turns into one. Views share their memory with the result.
 * @throws TypeError for anything else
 */
export function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data);
  if (typeof data === "string" || Array.isArray(data)) return Buffer.from(data);
  const value: unknown = typeof data === "object" ? data?.valueOf() : undefined;
  if (value !== undefined && value !== data) return bytesOf(value);
  throw new TypeError(`A message must be a string, a number, a buffer or a view, not ${data === null ? "null" : typeof data}`);
}

/** A `Buffer` over the same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The received bytes as a `Buffer` that its receiver may keep. A view into the chunk they came in is handed out only when it is at least half of
 * that chunk's memory; smaller ones are copied (0.04 µs), since a program that keeps 20 bytes of a 64 KiB chunk would keep all of it.
 */
export function ownedBuffer(bytes: Uint8Array, shared: boolean): Buffer {
  if (bytes.length === 0) return Buffer.alloc(0);
  return shared || bytes.length * 2 < bytes.buffer.byteLength ? Buffer.from(bytes) : asBuffer(bytes);
}

/** The received bytes as an `ArrayBuffer` of exactly their length, copied unless they fill their memory and it is theirs alone. */
export function ownedArrayBuffer(bytes: Uint8Array, shared: boolean): ArrayBuffer {
  const { buffer } = bytes;
  if (!shared && buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length) return buffer;
  return new Uint8Array(bytes).buffer;
}
