import { createHmac, timingSafeEqual } from "node:crypto";

/** Half of the digest is enough (RFC 2104 §5): 128 bits in 22 characters, and a space. */
const macBytes = 16;
const macChars = 22;

/** How many bytes a sealed text is longer. */
export const sealBytes: number = macChars + 1;

/** What a text is bound to besides the key: sealed for one place, it is worth nothing at another. No part may have a line break. */
export type SealPlace = readonly (string | number | undefined)[];

/** HMAC-SHA-256 under shared keys (RFC 2104). The first key seals; each of them opens, so that a key can be changed node by node. */
export class Seal {
  readonly #keys: readonly [Buffer, ...Buffer[]];

  /** @throws RangeError when there is no key, or one of fewer than 32 bytes. */
  constructor(keys: readonly (string | Uint8Array)[]) {
    const [first, ...others] = keys.map((key) => Buffer.from(key));
    if (first === undefined) throw new RangeError("there is no key");
    for (const { length } of [first, ...others])
      if (length < 32) throw new RangeError(`a key has ${length} bytes, it must have 32 or more`);
    this.#keys = [first, ...others];
  }

  /** `text` with what proves that a holder of the key wrote it for this place. */
  close(place: SealPlace, text: string): string {
    return `${digest(this.#keys[0], place, text).toString("base64url")} ${text}`;
  }

  /** The text that was sealed for this place; `undefined` when the proof is missing or wrong. */
  open(place: SealPlace, sealed: string): string | undefined {
    if (sealed[macChars] !== " ") return undefined;
    const given = Buffer.from(sealed.slice(0, macChars), "base64url");
    if (given.length !== macBytes) return undefined;
    const text = sealed.slice(sealBytes);
    return this.#keys.some((key) => timingSafeEqual(given, digest(key, place, text))) ? text : undefined;
  }
}

function digest(key: Buffer, place: SealPlace, text: string): Buffer {
  return createHmac("sha256", key)
    .update(`${place.map((part) => JSON.stringify(part ?? null)).join("\n")}\n\n${text}`)
    .digest()
    .subarray(0, macBytes);
}
