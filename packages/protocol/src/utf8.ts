/** Above this size the platform's own check is faster than the loop here, call included. */
const NATIVE_FROM_BYTES = 32;

/**
 * Checks UTF-8 that arrives in pieces and fails at the first byte that no continuation can mend, also in the middle of a character:
 * overlong forms, surrogates (U+D800 to U+DFFF) and everything above U+10FFFF included (RFC 6455 §8.1, RFC 3629 §3).
 */
export class Utf8Validator {
  readonly #isUtf8: (bytes: Uint8Array) => boolean;
  /** Bytes that the character begun still needs. */
  #needed = 0;
  /** Bounds of the next byte while `#needed` is not 0. */
  #lowest = 0x80;
  #highest = 0xbf;

  /** `isUtf8` checks whole text at once: `Platform.isUtf8`. */
  constructor(isUtf8: (bytes: Uint8Array) => boolean) {
    this.#isUtf8 = isUtf8;
  }

  /** Whether the text so far does not end inside a character. */
  get complete(): boolean {
    return this.#needed === 0;
  }

  reset(): void {
    this.#needed = 0;
    this.#lowest = 0x80;
    this.#highest = 0xbf;
  }

  /** Takes the next piece; false when the text is wrong. After false only `reset` makes sense. */
  push(bytes: Uint8Array): boolean {
    const end = bytes.length;
    if (end < NATIVE_FROM_BYTES) return this.#walk(bytes, 0, end);
    // The character begun before, then all whole characters at once, then the character begun at the end.
    const start = Math.min(this.#needed, end);
    if (!this.#walk(bytes, 0, start)) return false;
    const tail = lastCharacter(bytes);
    if (!this.#isUtf8(bytes.subarray(start, tail))) return false;
    return this.#walk(bytes, tail, end);
  }

  #walk(bytes: Uint8Array, start: number, end: number): boolean {
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (this.#needed === 0) {
        if (byte >= 0x80 && !this.#lead(byte)) return false;
        continue;
      }
      if (byte < this.#lowest || byte > this.#highest) return false;
      this.#needed--;
      this.#lowest = 0x80;
      this.#highest = 0xbf;
    }
    return true;
  }

  /** The first byte of a character of two to four (RFC 3629 §4). */
  #lead(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte === 0xe0) this.#lowest = 0xa0;
    else if (byte === 0xf0) this.#lowest = 0x90;
    else if (byte === 0xed) this.#highest = 0x9f;
    else if (byte === 0xf4) this.#highest = 0x8f;
    return true;
  }
}

/** Where the last character begins, if one begins in the last three bytes that needs more than ASCII; otherwise the end. */
function lastCharacter(bytes: Uint8Array): number {
  const end = bytes.length;
  for (let at = end - 1; at >= end - 3; at--) {
    const byte = bytes[at]!;
    if (byte >= 0xc0) return at;
    if (byte < 0x80) return end;
  }
  return end;
}
