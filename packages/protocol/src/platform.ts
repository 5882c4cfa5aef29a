/**
 * What the protocol needs and ES2023 does not have: hashing, randomness, text codecs, memory.
 *
 * Build one frozen object per process and give it to every {@link Machine} and handshake function. All functions are called
 * synchronously and must not throw on the arguments described here.
 */
export interface Platform {
  /** SHA-1 of the text taken as Latin-1, as base64. Used for `Sec-WebSocket-Accept` (RFC 6455 §4.2.2). */
  readonly sha1Base64: (text: string) => string;
  /**
   * A fresh unsigned 32-bit number from a cryptographic source, one per client frame. Bytes may come from a pool, but no
   * number is ever handed out twice (RFC 6455 §5.3, §10.3).
   */
  readonly randomMask: () => number;
  /** The base64 of 16 fresh random bytes, for `Sec-WebSocket-Key` (RFC 6455 §4.1). */
  readonly randomKey: () => string;
  /** Whether the bytes are complete, valid UTF-8. */
  readonly isUtf8: (bytes: Uint8Array) => boolean;
  /** Decodes bytes that are known to be valid UTF-8. A leading U+FEFF is kept. */
  readonly decodeUtf8: (bytes: Uint8Array) => string;
  /** Decodes each byte as the code point of the same number. The machine calls it with ASCII only. */
  readonly decodeLatin1: (bytes: Uint8Array) => string;
  /** The number of bytes the text takes in UTF-8; a lone surrogate counts three (it is written as U+FFFD). */
  readonly utf8Length: (text: string) => number;
  /** Writes the text as UTF-8 at `at` and returns the number of bytes written. The caller has made sure that it fits. */
  readonly encodeInto: (text: string, into: Uint8Array, at: number) => number;
  /**
   * Masks or unmasks `length` bytes of `memory` from `at` on, in place (RFC 6455 §5.3). Byte `i` of the masking key is `(key >>> (8 * i)) & 255`; the first
   * byte meets byte 0. True: all bytes are known to be ASCII then, which spares the machine a look at them; false means unknown. {@link unmaskMemory} is a
   * portable implementation.
   */
  readonly unmask: (memory: ArrayBufferLike, at: number, length: number, key: number) => boolean;
  /** A view of that part of the memory, of the same class as what `alloc` returns. */
  readonly view: (memory: ArrayBufferLike, at: number, length: number) => Uint8Array;
  /** Memory of that many bytes, not necessarily zeroed. A Node endpoint returns a `Buffer`; then payloads are Buffers too. */
  readonly alloc: (size: number) => Uint8Array;
}
