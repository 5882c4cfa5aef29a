import assert from "node:assert/strict";
import { test } from "node:test";
import type { Goal } from "../harness/goals.ts";
import type { RunResult } from "../harness/results.ts";
import { judge, limitOf } from "../harness/verdict.ts";
import { measured } from "./runs.ts";

const goal: Goal = { workload: "echo", contestant: "openline", figure: "serverMicroseconds", atMost: 0.5, kind: "ratio" };
const runsOf = (ours: readonly RunResult[], theirs: readonly RunResult[]) => ({ echo: { openline: ours, "ws-bufferutil": theirs } });

test("who is at 95 % of a CPU or above is the limit, the server before the driver", () => {
  assert.equal(limitOf([measured(1, { serverPercent: 95, driverPercent: 99 })]), "server");
  assert.equal(limitOf([measured(1, { serverPercent: 94, driverPercent: 95 })]), "driver");
  assert.equal(limitOf([measured(1, { serverPercent: 80, driverPercent: 80 })]), "neither");
  assert.equal(limitOf([]), "neither");
});

test("a goal is judged by the lowest of all rounds, ours over the reference's", () => {
  const verdict = judge(goal, runsOf([measured(9), measured(4), measured(5)], [measured(10), measured(11), measured(30)]));
  assert.deepEqual(verdict, { kind: "met", value: 0.4, noise: 5 / 4 - 1, isWithinNoise: true });
  assert.deepEqual(judge(goal, runsOf([measured(6)], [measured(10)])), { kind: "missed", value: 0.6, noise: 0, isWithinNoise: false });
});

test("a figure that is exactly the goal meets it", () => {
  assert.equal(judge(goal, runsOf([measured(5)], [measured(10)])).kind, "met");
});

test("there is no verdict when the driver was the limit of either server", () => {
  const slowDriver = measured(4, { serverPercent: 60, driverPercent: 99 });
  for (const runs of [runsOf([slowDriver], [measured(10)]), runsOf([measured(4)], [slowDriver])]) {
    const verdict = judge(goal, runs);
    assert.equal(verdict.kind, "no-verdict");
    assert.match(verdict.kind === "no-verdict" ? verdict.reason : "", /driver was the limit/);
  }
});

test("memory is judged whoever was the limit, and against its own number", () => {
  const memory: Goal = { ...goal, figure: "bytesPerConnection", atMost: 2200, kind: "absolute" };
  const run = measured(4, { serverPercent: 10, driverPercent: 99, bytesPerConnection: 2300 });
  assert.deepEqual(judge(memory, { echo: { openline: [run] } }), { kind: "missed", value: 2300, noise: 0, isWithinNoise: false });
});

test("what did not run or failed is said with its reason", () => {
  const cases: readonly [Parameters<typeof judge>, RegExp][] = [
    [[goal, {}], /^openline did not run$/],
    [[goal, {}, { openline: "not there yet" }], /^not there yet$/],
    [[goal, runsOf([{ ok: false, error: "a wrong byte" }], [])], /^openline failed: a wrong byte$/],
    [[goal, runsOf([measured(4)], [])], /^ws-bufferutil did not run$/],
  ];
  for (const [given, expected] of cases) {
    const verdict = judge(...given);
    assert.match(verdict.kind === "not-run" ? verdict.reason : verdict.kind, expected);
  }
});
