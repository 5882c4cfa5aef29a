import type { Clock } from "@openline/hub";

/** The hub's clock in a running server: milliseconds since 1970, and Node's timers, which do not keep the process alive by themselves. */
export const systemClock: Clock = {
  now: (): number => Date.now(),
  setTimeout: (callback: () => void, delayMs: number): NodeJS.Timeout => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer: unknown): void => {
    if (isTimer(timer)) clearTimeout(timer);
  },
};

function isTimer(value: unknown): value is NodeJS.Timeout {
  return typeof value === "object" && value !== null && "unref" in value;
}
