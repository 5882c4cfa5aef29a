/** How the waits between two attempts grow. Units: milliseconds. */
export interface BackoffOptions {
  /** The upper end of the first wait. */
  readonly minDelayMs: number;
  /** What the upper end never exceeds. */
  readonly maxDelayMs: number;
  /** By what the upper end grows from attempt to attempt. */
  readonly factor: number;
}

/**
 * The wait before attempt `attempt` (from 0 on) with full jitter: a whole number of milliseconds, random in
 * [0, min(maxDelayMs, minDelayMs · factorⁿ)), so that clients that lost one server together come back evenly spread.
 */
export function fullJitterMs({ minDelayMs, maxDelayMs, factor }: BackoffOptions, attempt: number, random: () => number): number {
  return Math.floor(random() * Math.min(maxDelayMs, minDelayMs * factor ** attempt));
}

/** A server that stays up for this long counts as well: the next wait begins small again. */
const settledAfterMs = 5_000;

/** Exponential backoff with full jitter. A connection that broke right away does not reset it. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #attempt = 0;

  constructor(options: BackoffOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
  }

  /** The next wait. */
  next(): number {
    return fullJitterMs(this.#options, this.#attempt++, this.#random);
  }

  /** The wait when the server said "later": the longest one first, however few attempts there were, then as much again at random. */
  later(): number {
    this.#attempt++;
    return Math.floor(this.#options.maxDelayMs * (1 + this.#random()));
  }

  /** The network is back: begin small. */
  reset(): void {
    this.#attempt = 0;
  }

  /** A connection ended that had stood for `ms`. */
  connectionLasted(ms: number): void {
    if (ms >= settledAfterMs) this.#attempt = 0;
  }
}
