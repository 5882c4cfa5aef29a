const firstMs = 100;
const mostMs = 10_000;
/** Whoever lived so long died of something else than its start. */
const steadyMs = 30_000;

/** How long to wait before a worker that died is started again: at once nearly, but ever longer for those that die young one after another. */
export class RestartDelay {
  #young = 0;

  /** `livedMs`: how long the worker that just died had lived. */
  next(livedMs: number): number {
    this.#young = livedMs >= steadyMs ? 0 : this.#young + 1;
    return Math.min(mostMs, firstMs * 2 ** Math.max(0, this.#young - 1));
  }
}
