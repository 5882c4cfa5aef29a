/** Whether numbers lie with their lowest byte first, as on every machine Node runs on today except s390x. */
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Below this size aligning and casting costs more than it saves. */
const WORDS_FROM_BYTES = 16;

/**
 * Masks or unmasks `bytes` from `start` to `end` in place and answers a number whose bits 0x80808080 are all clear only if every
 * resulting byte is ASCII (RFC 6455 §5.3). Byte `i` of the key is `(key >>> (8 * i)) & 255`; the byte at `start` meets key byte 0.
 * `words` is an Int32Array over the whole of `bytes.buffer`, or undefined to go byte by byte; `base` is `bytes.byteOffset`, which costs 13 ns to ask for.
 */
export function maskRange(bytes: Uint8Array, base: number, start: number, end: number, key: number, words: Int32Array | undefined): number {
  let at = start;
  let turned = key;
  let seen = 0;
  if (words !== undefined && LITTLE_ENDIAN && end - start >= WORDS_FROM_BYTES) {
    while (((base + at) & 3) !== 0) {
      seen |= bytes[at]! ^= turned & 255;
      turned = (turned >>> 8) | (turned << 24);
      at++;
    }
    let word = (base + at) >> 2;
    const lastWord = (base + end) >> 2;
    for (; word < lastWord; word++) seen |= words[word]! ^= turned;
    at = (lastWord << 2) - base;
  }
  for (; at < end; at++) {
    seen |= bytes[at]! ^= turned & 255;
    turned = (turned >>> 8) | (turned << 24);
  }
  return seen;
}

let lastMemory: ArrayBufferLike | undefined;
let lastBytes: Uint8Array = new Uint8Array(0);
let lastWords: Int32Array = new Int32Array(0);

/**
 * An Int32Array over as much of the buffer as whole words cover. The last one is remembered for the whole process: connections that
 * share a read buffer share it, and an idle connection keeps no buffer alive.
 */
export function wordsOf(buffer: ArrayBufferLike): Int32Array {
  if (lastMemory !== buffer) {
    lastMemory = buffer;
    lastBytes = new Uint8Array(buffer);
    lastWords = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
  }
  return lastWords;
}

/** A key turned so that the byte at index `phase` of the payload meets its right key byte. */
export function turnKey(key: number, phase: number): number {
  const bits = (phase & 3) << 3;
  return bits === 0 ? key | 0 : (key >>> bits) | (key << (32 - bits));
}

/** Masks or unmasks all of `bytes` in place. `phase` (0 to 3) is the index in the key for the first byte (RFC 6455 §5.3). */
export function unmask(bytes: Uint8Array, key: number, phase: number): void {
  const words = bytes.length < WORDS_FROM_BYTES ? undefined : wordsOf(bytes.buffer);
  maskRange(bytes, bytes.byteOffset, 0, bytes.length, turnKey(key, phase), words);
}

/** Masks or unmasks a range of memory in place and answers whether it is ASCII then: the portable implementation of `Platform.unmask` (RFC 6455 §5.3). */
export function unmaskMemory(memory: ArrayBufferLike, at: number, length: number, key: number): boolean {
  const words = wordsOf(memory);
  return (maskRange(lastBytes, 0, at, at + length, key, words) & 0x8080_8080) === 0;
}
