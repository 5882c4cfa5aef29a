import assert from "node:assert/strict";
import test from "node:test";
import { checkedLimits } from "../src/machine-limits.ts";
import type { MachineOptions } from "../src/machine-types.ts";
import { platform } from "./node-platform.ts";

const base = { role: "server", platform, now: 0 } as const;

test("defaults are those of the ws profile; no fragmenting, no codec", () => {
  const limits = checkedLimits(base);
  assert.equal(limits.maxPayloadBytes, 100 * 1024 * 1024);
  assert.equal(limits.fragmentBytes, Number.POSITIVE_INFINITY);
  assert.equal(limits.deflateFromBytes, Number.POSITIVE_INFINITY);
  assert.equal(checkedLimits({ ...base, codec: {} }).deflateFromBytes, 1024);
  assert.equal(checkedLimits({ ...base, codec: { thresholdBytes: 0 } }).deflateFromBytes, 0);
});

test("a small highWaterBytes brings lowWaterBytes down with it", () => {
  assert.equal(checkedLimits({ ...base, highWaterBytes: 10 }).lowWaterBytes, 10);
});

const wrong: [string, Partial<MachineOptions>][] = [
  ["maxPayloadBytes", { maxPayloadBytes: 0 }],
  ["maxFragments", { maxFragments: -1 }],
  ["highWaterBytes", { highWaterBytes: Number.NaN }],
  ["lowWaterBytes", { lowWaterBytes: 11, highWaterBytes: 10 }],
  ["closeTimeoutMs", { closeTimeoutMs: 0 }],
  ["heartbeat.intervalMs", { heartbeat: { intervalMs: 0, timeoutMs: 1 } }],
  ["heartbeat.timeoutMs", { heartbeat: { intervalMs: 1, timeoutMs: 0 } }],
  ["idleTimeoutMs", { idleTimeoutMs: -5 }],
  ["fragmentBytes", { fragmentBytes: 0 }],
  ["codec.thresholdBytes", { codec: { thresholdBytes: -1 } }],
];

for (const [name, options] of wrong) {
  test(`${name} out of range is refused by name`, () => {
    assert.throws(() => checkedLimits({ ...base, ...options }), { code: "USAGE_OPTION", message: new RegExp(name.replace(".", "\\.")) });
  });
}
