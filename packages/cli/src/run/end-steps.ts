/** A time source; tests bring one that they move. */
export interface StepClock {
  setTimeout(callback: () => void, delayMs: number): unknown;
}

/** What is ended: a process with all that it started. */
export interface Ended {
  /** No more input. */
  closeInput(): void;
  /** Answers false when nothing is left to get it. */
  signal(name: "SIGINT" | "SIGTERM" | "SIGKILL"): boolean;
  /** The last step is done, or nothing was left. */
  over(): void;
}

/** What comes after the end of input, and how long after what was before it, as in websocketd. */
const steps = [
  ["SIGINT", 100],
  ["SIGTERM", 250],
  ["SIGKILL", 500],
] as const;

/** Ends a process group in steps: end of input, SIGINT, SIGTERM, SIGKILL. `closeMs` is added to each wait. Stops as soon as nothing is left. */
export function endInSteps(ended: Ended, closeMs: number, clock: StepClock = globalThis): void {
  ended.closeInput();
  const wait = (at: number): void => {
    const step = steps[at];
    if (step === undefined) return ended.over();
    clock.setTimeout(() => (ended.signal(step[0]) ? wait(at + 1) : ended.over()), step[1] + closeMs);
  };
  wait(0);
}

/** How long the steps take at most. */
export const stepsMs = (closeMs: number): number => steps.reduce((sum, [, ms]) => sum + ms + closeMs, 0);
