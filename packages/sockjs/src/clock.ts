/** Time and timers, so that tests can bring their own. Units: milliseconds. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  /** `timer` is what `setTimeout` returned. */
  clearTimeout(timer: unknown): void;
}

/** The process's own time, which no change of the wall clock moves. */
export const processClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what setTimeout above gave
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};
