import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { Timer } from "../src/clock.ts";

test("a timer falls due once, can be set anew, and leaves nothing behind when cleared", () => {
  const clock = new FakeClock();
  let due = 0;
  const timer = new Timer(clock, () => due++);
  timer.set(10);
  clock.advance(5);
  timer.set(10);
  clock.advance(9);
  assert.deepEqual([due, timer.waiting, clock.pending], [0, true, 1]);
  clock.advance(1);
  assert.deepEqual([due, timer.waiting, clock.pending], [1, false, 0]);
  timer.set(10);
  timer.clear();
  timer.clear();
  clock.advance(100);
  assert.deepEqual([due, timer.waiting, clock.pending], [1, false, 0]);
});
