/** How many connections may begin in a second: a token bucket that holds one second's worth, but one at least (R5). */
export class ConnectionBudget {
  readonly #perSecond: number;
  readonly #most: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#most = Math.max(1, perSecond);
    this.#tokens = this.#most;
    this.#at = now();
  }

  /** Takes one and answers 0, or answers after how many milliseconds one may come again. */
  take(): number {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return 0;
    const now = this.#now();
    this.#tokens = Math.min(this.#most, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    // Sums of fractions: a billionth of a connection is none.
    if (this.#tokens > 1 - 1e-9) {
      this.#tokens--;
      return 0;
    }
    return Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000 - 1e-6);
  }
}
