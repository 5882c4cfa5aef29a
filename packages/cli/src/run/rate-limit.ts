/** What may pass in a second. */
export interface Rates {
  readonly lines: number;
  readonly bytes: number;
}

/**
 * Counts lines and bytes against rates, with a second's worth in store. It never refuses: it says how long the source has to stand still until what it took is paid.
 */
export class RateLimit {
  readonly #rates: Rates;
  readonly #now: () => number;
  #lines: number;
  #bytes: number;
  #at: number;

  /** `now` in milliseconds. A rate of `Infinity` is no limit. */
  constructor(rates: Rates, now: () => number = () => performance.now()) {
    this.#rates = rates;
    this.#now = now;
    this.#lines = rates.lines;
    this.#bytes = rates.bytes;
    this.#at = now();
  }

  /** Takes what has passed. Answers for how many milliseconds nothing more may come, 0 for none. */
  take(lines: number, bytes: number): number {
    const { lines: lineRate, bytes: byteRate } = this.#rates;
    if (lineRate === Number.POSITIVE_INFINITY && byteRate === Number.POSITIVE_INFINITY) return 0;
    const seconds = (this.#now() - this.#at) / 1000;
    this.#at = this.#now();
    this.#lines = Math.min(lineRate, this.#lines + seconds * lineRate) - lines;
    this.#bytes = Math.min(byteRate, this.#bytes + seconds * byteRate) - bytes;
    return Math.max(debtMs(this.#lines, lineRate), debtMs(this.#bytes, byteRate));
  }
}

function debtMs(left: number, rate: number): number {
  return left >= 0 || rate === Number.POSITIVE_INFINITY ? 0 : Math.ceil((-left / rate) * 1000);
}
