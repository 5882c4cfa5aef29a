import { type Clock, Timer } from "../clock.ts";

/** What `work` gives, or a rejection with `message` when it takes longer. What comes later is not heard. */
export function withinTime<T>(clock: Clock, timeoutMs: number, message: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = new Timer(clock, () => reject(new Error(message)));
    timer.set(timeoutMs);
    work.then(resolve, reject).finally(() => timer.clear());
  });
}
