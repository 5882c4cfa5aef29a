import assert from "node:assert/strict";
import { test } from "node:test";
import { RateLimit } from "../../src/run/rate-limit.ts";

const none = Number.POSITIVE_INFINITY;

test("R26: a second's worth passes at once, what is more has to wait until it is paid", () => {
  let now = 0;
  const limit = new RateLimit({ lines: 10, bytes: none }, () => now);
  assert.equal(limit.take(10, 1_000_000), 0);
  assert.equal(limit.take(5, 0), 500);
  now = 500;
  assert.equal(limit.take(0, 0), 0);
  assert.equal(limit.take(1, 0), 100);
});

test("R26: bytes count beside lines; the longer wait holds", () => {
  const limit = new RateLimit({ lines: 10, bytes: 100 }, () => 0);
  assert.equal(limit.take(11, 300), 2000);
});

test("without rates nothing waits", () => {
  assert.equal(new RateLimit({ lines: none, bytes: none }).take(1e9, 1e12), 0);
});
