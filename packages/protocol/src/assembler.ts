import { NO_BYTES } from "./frame.ts";
import type { Platform } from "./platform.ts";

/** The smallest block; growth doubles it, so that no more than twice what has arrived is held. */
const FIRST_BLOCK_BYTES = 256;

/**
 * From here on, where the end of the message is in sight, a block is made for all of it up to 1 MiB, and beyond that for four times what has arrived: fresh memory
 * is the dear thing, an echo of 1 MiB in one block instead of two costs 15 % less.
 */
const LARGE_BYTES = 65_536;
const AT_ONCE_BYTES = 1_048_576;

/**
 * Puts the pieces of a message together (RFC 6455 §5.4). Memory grows with what has arrived, never with what a header announces.
 */
export class Assembler {
  readonly #platform: Platform;
  #block: Uint8Array = NO_BYTES;
  #length = 0;
  #fragments: Uint8Array[] = [];

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /**
   * Adds a piece. `owned` bytes are taken over, others are copied. `bytesLeft` is what the frame at hand still announces: it bounds the
   * memory from above when the message ends with that frame (`last`).
   */
  append(bytes: Uint8Array, owned: boolean, bytesLeft: number, last: boolean): void {
    if (bytes.length === 0) return;
    if (this.#length === 0 && owned) {
      this.#block = bytes;
      this.#length = bytes.length;
      return;
    }
    const needed = this.#length + bytes.length;
    if (needed > this.#block.length) this.#grow(needed, last ? needed + bytesLeft : Number.POSITIVE_INFINITY);
    this.#block.set(bytes, this.#length);
    this.#length = needed;
  }

  /** The frame at hand ends: what was added becomes one entry of the list that `takeFragments` answers. */
  endFragment(): void {
    if (this.#length > 0) this.#fragments.push(this.take());
  }

  /** The message, in memory of its own. */
  take(): Uint8Array {
    const message = this.#length === this.#block.length ? this.#block : this.#block.subarray(0, this.#length);
    this.#block = NO_BYTES;
    this.#length = 0;
    return message;
  }

  takeFragments(): Uint8Array[] {
    const fragments = this.#fragments;
    this.#fragments = [];
    return fragments;
  }

  drop(): void {
    this.take();
    this.takeFragments();
  }

  #grow(needed: number, most: number): void {
    const isLarge = needed >= LARGE_BYTES && most !== Number.POSITIVE_INFINITY;
    const wanted = isLarge ? Math.max(AT_ONCE_BYTES, needed * 4) : Math.max(FIRST_BLOCK_BYTES, needed * 2);
    const size = Math.max(needed, Math.min(most, wanted));
    const grown = this.#platform.alloc(size);
    if (this.#length > 0) grown.set(this.#block.subarray(0, this.#length));
    this.#block = grown;
  }
}
