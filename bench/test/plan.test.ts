import assert from "node:assert/strict";
import { test } from "node:test";
import { contestants, takesPart } from "../harness/contestants.ts";
import { goals } from "../harness/goals.ts";
import { loadWords } from "../harness/one-run.ts";
import { hasTimeFor, PlanError, readPlan } from "../harness/plan.ts";
import { workloads } from "../harness/workloads.ts";

test("without a word everything is measured in five rounds, and the page is written", () => {
  const plan = readPlan([]);
  assert.deepEqual([plan.workloads.length, plan.contestants.length, plan.rounds], [workloads.length, contestants.length, 5]);
  assert.deepEqual([plan.writesPage, plan.resultName], [true, "latest"]);
});

test("--quick measures every goal but those of the long rows, in three rounds, and leaves the page alone", () => {
  const plan = readPlan(["--quick"]);
  assert.deepEqual([plan.rounds, plan.writesPage, plan.resultName], [3, false, "quick"]);
  assert.ok(plan.limitMs < 300_000);
  const left = new Set(workloads.filter(({ quick }) => !quick).map(({ id }) => id));
  for (const { workload } of goals) assert.ok(left.has(workload) || plan.workloads.some(({ id }) => id === workload), workload);
});

test("no round begins that would not end in time; the first always runs", () => {
  const cases: [round: number, elapsedMs: number, hasTime: boolean][] = [
    [1, 0, true],
    [2, 130_000, true],
    [2, 140_000, false],
    [3, 180_000, true],
    [3, 181_000, false],
  ];
  for (const [round, elapsedMs, hasTime] of cases) assert.equal(hasTimeFor(round, elapsedMs, 270_000), hasTime, `${round} ${elapsedMs}`);
  assert.equal(hasTimeFor(5, 1e9, Number.POSITIVE_INFINITY), true);
});

test("what is named is measured, in the order named", () => {
  const plan = readPlan(["--workloads", "idle,echo-20", "--contestants", "bun", "--rounds", "7", "--seconds", "0.5"]);
  assert.deepEqual([plan.workloads.map(({ id }) => id), plan.contestants.map(({ id }) => id)], [["idle", "echo-20"], ["bun"]]);
  assert.deepEqual([plan.rounds, plan.seconds, plan.writesPage], [7, 0.5, false]);
});

test("a word that means nothing is named", () => {
  const cases: readonly [string[], RegExp][] = [
    [["--fast"], /--fast is no option/],
    [["--rounds", "none"], /--rounds must be a number above 0, not "none"/],
    [["--rounds"], /--rounds must be a number above 0, not ""/],
    [["--workloads", "echo-21"], /"echo-21" is no workload; there are echo-20,/],
    [["--contestants", "deno"], /"deno" is no contestant/],
  ];
  for (const [words, message] of cases)
    assert.throws(
      () => readPlan(words),
      (error) => error instanceof PlanError && message.test(error.message),
    );
});

test("every goal is about a workload and a contestant that takes part in it", () => {
  for (const goal of goals) {
    const workload = workloads.find(({ id }) => id === goal.workload);
    const contestant = contestants.find(({ id }) => id === goal.contestant);
    assert.ok(workload && contestant && takesPart(contestant, workload), `${goal.workload} ${goal.contestant}`);
  }
});

test("a byte echo gets as many bytes on the line, without frames, where the same work makes sense", () => {
  const floor = contestants.find(({ id }) => id === "raw-node");
  const json = workloads.find(({ id }) => id === "echo-1k");
  const handshake = workloads.find(({ id }) => id === "handshake");
  assert.ok(floor && json && handshake);
  assert.equal(takesPart(floor, handshake), false);
  const words = loadWords(floor, json, { warmup: 1, seconds: 2 });
  assert.deepEqual(words.slice(-3), ["--raw", "--size", "1032"]);
  assert.equal(words.includes("--json"), false);
});
