import type { Clock } from "@openline/hub";

/** The machine's clock, for what cannot be made to believe another. Its timers keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback: () => void, delayMs: number) => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer: unknown) => {
    if (typeof timer === "object" && timer !== null && "unref" in timer) clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
};

/** Waits until `check` holds, or fails with `what`. For what happens in other processes only. */
export async function until(what: string, check: () => boolean | Promise<boolean>, mostMs = 10_000): Promise<void> {
  const from = performance.now();
  while (!(await check())) {
    if (performance.now() - from > mostMs) throw new Error(`not within ${mostMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
