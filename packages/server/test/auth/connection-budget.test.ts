import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionBudget } from "../../src/auth/connection-budget.ts";

test("so many begin in a second, all at once or evenly; the next one is told when (R5)", () => {
  let now = 0;
  const budget = new ConnectionBudget(4, () => now);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => budget.take()),
    [0, 0, 0, 0, 250],
  );
  now = 249;
  assert.equal(budget.take(), 1);
  now = 250;
  assert.deepEqual([budget.take(), budget.take()], [0, 250]);
  now = 60_000;
  assert.equal(Array.from({ length: 10 }, () => budget.take()).filter((wait) => wait === 0).length, 4);
});

test("without a limit nobody waits", () => {
  const budget = new ConnectionBudget(Number.POSITIVE_INFINITY, () => 0);
  assert.ok(Array.from({ length: 1000 }, () => budget.take()).every((wait) => wait === 0));
});

test("a share of less than one in a second still lets one in, when its time has come (R5)", () => {
  let now = 0;
  const budget = new ConnectionBudget(0.5, () => now);
  assert.deepEqual([budget.take(), budget.take()], [0, 2000]);
  now = 2000;
  assert.equal(budget.take(), 0);
});

test("R5: while clients come back, they are admitted first; of newcomers a few, so that nobody who lies keeps them all out", () => {
  let now = 0;
  const budget = new ConnectionBudget(100, () => now);
  const admitted = { returning: 0, newcomers: 0 };
  // Ten times as many as there is room for, newcomers and returning in turn, for ten seconds.
  for (; now < 10_000; now++) {
    if (budget.take(true) === 0) admitted.returning++;
    if (budget.take() === 0) admitted.newcomers++;
  }
  const all = admitted.returning + admitted.newcomers;
  assert.ok(all >= 1000 && all <= 1110, `${all}`);
  assert.ok(admitted.newcomers >= 20 && admitted.newcomers <= 115, `${admitted.newcomers} newcomers`);
});

test("R5: five seconds after the last one came back newcomers have it all again", () => {
  let now = 0;
  const budget = new ConnectionBudget(10, () => now);
  assert.equal(budget.take(true), 0);
  assert.deepEqual(
    Array.from({ length: 6 }, () => budget.take()),
    [0, 0, 0, 0, 100, 100],
    "half of it is kept for who comes back",
  );
  assert.deepEqual(
    Array.from({ length: 6 }, () => budget.take(true)),
    [0, 0, 0, 0, 0, 100],
  );
  now = 6000;
  assert.equal(Array.from({ length: 20 }, () => budget.take()).filter((wait) => wait === 0).length, 10);
});
