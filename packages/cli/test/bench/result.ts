import type { BenchResult } from "../../src/bench/bench-run.ts";
import { readBenchSettings } from "../../src/bench/bench-settings.ts";
import { LatencyHistogram } from "../../src/bench/latency-histogram.ts";

/** A histogram of these times. */
export function histogram(...times: readonly number[]): LatencyHistogram {
  const made = new LatencyHistogram();
  for (const time of times) made.record(time);
  return made;
}

/** What a run without faults came to. */
export function result(more: Partial<BenchResult> = {}): BenchResult {
  return {
    plan: readBenchSettings("ws://a.test/", { connections: "10", duration: "2s" }, {}).plan,
    drivers: 1,
    elapsedMs: 2000,
    opened: 10,
    open: 10,
    sent: 4,
    received: 4,
    late: 0,
    unanswered: 0,
    wrong: 0,
    failures: {},
    latency: histogram(1, 2, 3, 100),
    halves: [histogram(1, 2), histogram(3, 100)],
    seconds: [
      { received: 2, sent: 2, open: 10, p50Ms: 1, p99Ms: 2 },
      { received: 2, sent: 2, open: 10, p50Ms: 3, p99Ms: 100 },
    ],
    busy: 0.2,
    lateness: histogram(0.1),
    ...more,
  };
}
