import { TextDecoder } from "node:util";

/**
 * Makes UTF-8 of a text that comes in pieces, strings or bytes: a character may be split between two of them.
 */
export class Utf8Pieces {
  /** The first half of a surrogate pair at the end of the last string. */
  #half = "";
  #decoder: TextDecoder | undefined;

  /** The piece as bytes; those of a half pair come with the next one. @throws TypeError for bytes that are not UTF-8 (RFC 6455 §8.1) */
  push(piece: string | Uint8Array): Uint8Array {
    if (typeof piece !== "string") return this.#check(piece);
    if (this.#decoder !== undefined) this.#decodeEnd();
    const text = this.#half + piece;
    const code = text.charCodeAt(text.length - 1);
    const isHalf = code >= 0xd800 && code <= 0xdbff;
    this.#half = isHalf ? text.slice(-1) : "";
    return Buffer.from(isHalf ? text.slice(0, -1) : text);
  }

  /** The text is complete: what is left of it, if anything. @throws TypeError when it ends inside a character */
  end(): Uint8Array | undefined {
    if (this.#decoder !== undefined) this.#decodeEnd();
    // A half pair without its other half becomes U+FFFD, as in a whole string.
    return this.#half === "" ? undefined : Buffer.from(this.#half);
  }

  #check(bytes: Uint8Array): Uint8Array {
    const rest = this.#half === "" ? undefined : Buffer.from(this.#half);
    this.#half = "";
    this.#decoder ??= new TextDecoder("utf-8", { fatal: true });
    this.#decoder.decode(bytes, { stream: true });
    return rest === undefined ? bytes : Buffer.concat([rest, bytes]);
  }

  #decodeEnd(): void {
    this.#decoder?.decode();
    this.#decoder = undefined;
  }
}
