/** Counts by key. One that several processes share tells of all of them, as far as it knows. */
export interface Tally {
  /** How many there are of a key. */
  count(key: string): number;
  add(key: string): void;
  remove(key: string): void;
}

/** The counts of this process alone. */
export class LocalTally implements Tally {
  readonly #counts = new Map<string, number>();

  /** Keys that have a count. */
  get size(): number {
    return this.#counts.size;
  }

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.count(key) + 1);
  }

  remove(key: string): void {
    const count = this.count(key) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
