/** A timer that a {@link FakeClock} holds. */
export interface FakeTimer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that moves only when told: `advance(ms)` runs every timer that falls due, in the order of their times, each at its own time.
 * Fits wherever the house takes `{ now, setTimeout, clearTimeout }`. Units: milliseconds.
 */
export class FakeClock {
  #now: number;
  #order = 0;
  readonly #timers = new Set<FakeTimer>();

  constructor(now = 1_790_000_000_000) {
    this.#now = now;
  }

  readonly now = (): number => this.#now;

  readonly setTimeout = (callback: () => void, delayMs: number): FakeTimer => {
    const timer: FakeTimer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return timer;
  };

  readonly clearTimeout = (timer: FakeTimer | undefined): void => {
    if (timer !== undefined) this.#timers.delete(timer);
  };

  /** How many timers are waiting: a leak shows here. */
  get pending(): number {
    return this.#timers.size;
  }

  /** The time at which the next timer falls due, `Infinity` if none waits. */
  get nextAt(): number {
    return this.#next()?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Moves the time by `ms` and runs what falls due, timers set by those timers included. A throw of a timer leaves the clock at its time. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let timer = this.#next(); timer !== undefined && timer.at <= until; timer = this.#next()) {
      this.#timers.delete(timer);
      this.#now = timer.at;
      timer.callback();
    }
    this.#now = until;
  }

  /** Like {@link FakeClock.advance}, and lets promises settle after each timer: for code that awaits between timers. */
  async advanceAsync(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let timer = this.#next(); timer !== undefined && timer.at <= until; timer = this.#next()) {
      this.#timers.delete(timer);
      this.#now = timer.at;
      timer.callback();
      await settle();
    }
    this.#now = until;
    await settle();
  }

  #next(): FakeTimer | undefined {
    let first: FakeTimer | undefined;
    for (const timer of this.#timers) {
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}

/** Resolves after every promise job that is ready now, and those they make, have run. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
