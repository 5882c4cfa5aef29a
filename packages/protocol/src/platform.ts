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
   * Masks or unmasks all of `bytes` in place (RFC 6455 §5.3). Byte `i` of the masking key is `(key >>> (8 * i)) & 255`;
   * `phase` (0 to 3) is the index in the key for the first byte. {@link unmask} is a portable implementation.
   */
  readonly unmask: (bytes: Uint8Array, key: number, phase: number) => void;
  /** Memory of that many bytes, not necessarily zeroed. A Node endpoint returns a `Buffer`; then payloads are Buffers too. */
  readonly alloc: (size: number) => Uint8Array;
}
