// Everything that can be fuzzed, and running it for a while.
import { apiTarget } from "./api-target.ts";
import { fieldsTarget } from "./fields-target.ts";
import { headTarget } from "./head-target.ts";
import { hixieTarget } from "./hixie-target.ts";
import { http2Target } from "./http2-target.ts";
import { orderTarget } from "./order-target.ts";
import { streamTarget } from "./stream-target.ts";
import { runSeed, type Target } from "./target.ts";
import { webTarget } from "./web-target.ts";

/** A case's setting and steps are the target's own affair: outside it they are JSON. */
export const targets: readonly Target[] = [
  streamTarget,
  orderTarget,
  fieldsTarget,
  http2Target,
  apiTarget,
  headTarget,
  hixieTarget,
  webTarget,
] as readonly unknown[] as Target[];

export interface Span {
  readonly from: number;
  /** How many seeds at most. */
  readonly count: number;
  /** Begin no further case after so long. */
  readonly milliseconds: number;
  /** Told before each case: for a watchdog. */
  readonly began?: (target: Target, seed: number) => void;
}

/** Runs seeds one after the other, or some at once where the target says so; answers how many. Throws the first Finding. */
export async function fuzz(target: Target, span: Span): Promise<number> {
  const last = performance.now() + span.milliseconds;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (done < span.count && performance.now() < last) {
      const seed = span.from + done++;
      span.began?.(target, seed);
      await runSeed(target, seed);
      // Timers and sockets of the machine's own get their turn.
      if (seed % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  try {
    await Promise.all(Array.from({ length: target.concurrency ?? 1 }, lane));
  } finally {
    await target.end?.();
  }
  return done;
}
