/** For so long after somebody came back, newcomers leave half of what there is to others who do. */
const returningMs = 5_000;
/** Of so many in a row one may be a newcomer all the same: who says that he comes back is believed, and may lie. */
const mostInARow = 9;

/** How many connections may begin in a second: a token bucket that holds one second's worth, but one at least. Clients that come back go first (R5). */
export class ConnectionBudget {
  readonly #perSecond: number;
  readonly #most: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;
  #returnedAt = Number.NEGATIVE_INFINITY;
  #returnedInARow = 0;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#most = Math.max(1, perSecond);
    this.#tokens = this.#most;
    this.#at = now();
  }

  /** Takes one and answers 0, or answers after how many milliseconds one may come again. `isReturning`: the client had a session before. */
  take(isReturning = false): number {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return 0;
    const now = this.#now();
    this.#tokens = Math.min(this.#most, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (isReturning) this.#returnedAt = now;
    const needed = isReturning || this.#isNewcomersTurn(now) ? 1 : Math.min(this.#most, 1 + this.#most / 2);
    // Sums of fractions: a billionth of a connection is none.
    if (this.#tokens > needed - 1e-9) {
      this.#tokens--;
      this.#returnedInARow = isReturning ? this.#returnedInARow + 1 : 0;
      return 0;
    }
    return Math.ceil(((needed - this.#tokens) / this.#perSecond) * 1000 - 1e-6);
  }

  #isNewcomersTurn(now: number): boolean {
    return now - this.#returnedAt >= returningMs || this.#returnedInARow >= mostInARow;
  }
}
