import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../src/fake-clock.ts";

test("timers run in the order of their times, each at its own time, those set meanwhile included", () => {
  const clock = new FakeClock(0);
  const seen: [string, number][] = [];
  clock.setTimeout(() => seen.push(["late", clock.now()]), 30);
  clock.setTimeout(() => {
    seen.push(["early", clock.now()]);
    clock.setTimeout(() => seen.push(["inner", clock.now()]), 5);
  }, 10);
  clock.advance(20);
  assert.deepEqual(seen, [
    ["early", 10],
    ["inner", 15],
  ]);
  assert.equal(clock.nextAt, 30);
  clock.advance(10);
  assert.deepEqual(seen.at(-1), ["late", 30]);
  assert.equal(clock.pending, 0);
});

test("a cleared timer does not run", () => {
  const clock = new FakeClock(0);
  const timer = clock.setTimeout(() => assert.fail("it was cleared"), 10);
  clock.clearTimeout(timer);
  clock.advance(100);
  assert.equal(clock.now(), 100);
});

test("timers of one time run in the order in which they were set", () => {
  const clock = new FakeClock(0);
  const seen: number[] = [];
  for (const n of [1, 2, 3]) clock.setTimeout(() => seen.push(n), 10);
  clock.advance(10);
  assert.deepEqual(seen, [1, 2, 3]);
});

test("promises settle between the timers of advanceAsync", async () => {
  const clock = new FakeClock(0);
  const seen: string[] = [];
  clock.setTimeout(() => void Promise.resolve().then(() => seen.push("after first")), 1);
  clock.setTimeout(() => seen.push("second"), 2);
  await clock.advanceAsync(2);
  assert.deepEqual(seen, ["after first", "second"]);
});
