import { clockMs } from "./message-form.ts";

/**
 * Calls `act` `perSecond` times a second, evenly, until `signal` ends it, however long each call takes: what could not be done in time is made up for at once, with the time at which it was due.
 * Latency that is counted from there has no coordinated omission.
 * `phase`: which share of an interval passes before the first call, so that several drivers do not call at the same times.
 */
export async function onSchedule(perSecond: number, signal: AbortSignal, act: (dueMs: number) => void, phase = 0): Promise<void> {
  const everyMs = 1000 / perSecond;
  const from = clockMs() + phase * everyMs;
  for (let done = 0; !signal.aborted; ) {
    const now = clockMs();
    for (let dueMs = from + done * everyMs; dueMs <= now && !signal.aborted; dueMs = from + ++done * everyMs) act(dueMs);
    await pause(Math.max(1, from + done * everyMs - clockMs()), signal);
  }
}

/** Resolves after `ms`, or at the end. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
