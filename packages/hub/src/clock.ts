/** Time and timers as the hub sees them. A process gives its own, a test a fake one. Units: milliseconds. */
export interface Clock {
  /** Whole milliseconds since 1970: messages carry them as integers. */
  now(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  /** `timer` is what `setTimeout` returned. */
  clearTimeout(timer: unknown): void;
}

/** A timer that can be set and cleared any number of times: what the hub holds instead of bare handles. */
export class Timer {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #handle: unknown;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get waiting(): boolean {
    return this.#handle !== undefined;
  }

  /** Starts the wait anew. */
  set(delayMs: number): void {
    this.clear();
    this.#handle = this.#clock.setTimeout(() => {
      this.#handle = undefined;
      this.#onDue();
    }, delayMs);
  }

  clear(): void {
    if (this.#handle === undefined) return;
    this.#clock.clearTimeout(this.#handle);
    this.#handle = undefined;
  }
}
