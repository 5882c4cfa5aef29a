import assert from "node:assert/strict";
import { test } from "node:test";
import { monotonicClock } from "../src/deadline-queue.ts";
import { HandshakeDeadline } from "../src/handshake-deadline.ts";

test("the first answer counts, the second does not, and the deadline is off", () => {
  const deadline = new HandshakeDeadline(10_000, () => assert.fail("expired"));
  assert.ok(deadline.settle());
  assert.ok(!deadline.settle());
  assert.equal(deadline.deadline, Number.POSITIVE_INFINITY);
  deadline.due();
});

test("after the deadline no answer counts", () => {
  let expired = 0;
  const deadline = new HandshakeDeadline(10_000, () => expired++);
  assert.ok(deadline.deadline > monotonicClock.now());
  deadline.due();
  deadline.due();
  assert.equal(expired, 1);
  assert.ok(!deadline.settle());
});

test("without a time it waits for ever", () => {
  assert.equal(new HandshakeDeadline(undefined, () => undefined).deadline, Number.POSITIVE_INFINITY);
});
