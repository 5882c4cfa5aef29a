import assert from "node:assert/strict";
import { test } from "node:test";
import { heartbeatRules, negotiated } from "../src/heartbeat.ts";

const defaults = { intervalMs: 25_000, timeoutMs: 10_000 };

for (const [proposal, interval, hidden] of [
  [undefined, 25_000, 75_000],
  [{}, 25_000, 75_000],
  [{ intervalMs: 5_000 }, 5_000, 15_000],
  [{ intervalMs: 0 }, 1_000, 3_000],
  [{ intervalMs: 50_000 }, 50_000, 120_000],
  [{ intervalMs: Number.MAX_SAFE_INTEGER }, 120_000, 120_000],
  [{ hiddenIntervalMs: 100_000 }, 25_000, 100_000],
  [{ intervalMs: 30_000, hiddenIntervalMs: 5_000 }, 30_000, 30_000],
] as const) {
  test(`a client that proposes ${JSON.stringify(proposal)} gets ${interval} ms, and ${hidden} ms while hidden (wire, Heartbeat)`, () => {
    assert.deepEqual(negotiated(heartbeatRules(defaults), proposal), { intervalMs: interval, timeoutMs: 10_000, hiddenIntervalMs: hidden });
  });
}

test("the hub's own interval is within its bounds, whatever it is", () => {
  for (const intervalMs of [1, 600_000]) assert.equal(negotiated(heartbeatRules({ intervalMs })).intervalMs, intervalMs);
});

test("bounds of one's own hold", () => {
  const rules = heartbeatRules({ minIntervalMs: 20_000, maxIntervalMs: 30_000 });
  assert.deepEqual(negotiated(rules, { intervalMs: 1 }), { intervalMs: 20_000, timeoutMs: 10_000, hiddenIntervalMs: 30_000 });
});
