import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { withinTime } from "../../src/access/time-limit.ts";

test("what comes in time is given, and leaves no timer", async () => {
  const clock = new FakeClock();
  assert.equal(await withinTime(clock, 100, "late", Promise.resolve(7)), 7);
  await assert.rejects(withinTime(clock, 100, "late", Promise.reject(new Error("its own"))), /its own/);
  await clock.advanceAsync(0);
  assert.equal(clock.pending, 0);
});

test("what takes longer is rejected at the limit, and what it gives later is not heard", async () => {
  const clock = new FakeClock();
  const slow = new Promise((resolve) => clock.setTimeout(() => resolve(1), 150));
  const outcome = withinTime(clock, 100, "it is late", slow).catch((error: Error) => error.message);
  await clock.advanceAsync(99);
  assert.equal(clock.pending, 2);
  await clock.advanceAsync(1);
  assert.equal(await outcome, "it is late");
  await clock.advanceAsync(100);
});
