// A small seeded generator: the same seed gives the same case on every machine.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) >>> 0;
    // The first values of near seeds are alike.
    for (let i = 0; i < 4; i++) this.next();
  }

  /** From 0 to below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const [value] = list.slice(this.below(list.length));
    if (value === undefined && list.length === 0) throw new RangeError("nothing to pick from");
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- a list may hold undefined
    return value as T;
  }

  /** Mostly small, now and then up to `most`: what lengths of real things look like. */
  size(most: number): number {
    if (this.chance(0.15)) return this.pick([0, 1, 2, 125, 126, 127, 128, most].filter((size) => size <= most));
    return Math.floor(most ** this.next());
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Ascending places to cut something of that length at. */
  places(length: number, most = 6): number[] {
    const places = Array.from({ length: 1 + this.below(most) }, () => this.below(length));
    return [...new Set(places)].filter((at) => at > 0).toSorted((a, b) => a - b);
  }
}
