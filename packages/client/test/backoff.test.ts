import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Backoff } from "../src/backoff.ts";

const defaults = { minDelayMs: 500, maxDelayMs: 30_000, factor: 2 };

test("the upper end of the wait doubles up to the limit", () => {
  const backoff = new Backoff(defaults, () => 1);
  assert.deepEqual(
    Array.from({ length: 8 }, () => backoff.next()),
    [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000],
  );
});

test("the jitter is full: every wait lies anywhere from nothing to the upper end", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(2_000), (chance, attempts) => {
      const backoff = new Backoff(defaults, () => chance);
      for (let attempt = 0; attempt < attempts; attempt++) backoff.next();
      const wait = backoff.next();
      assert.equal(wait, Math.floor(chance * Math.min(30_000, 500 * 2 ** attempts)));
    }),
  );
});

test("a server that says later is given the longest wait first", () => {
  assert.equal(new Backoff(defaults, () => 0).later(), 30_000);
  assert.equal(new Backoff(defaults, () => 0.5).later(), 45_000);
});

test("a connection that stood for five seconds starts the waits anew, one that broke right away does not", () => {
  const backoff = new Backoff(defaults, () => 1);
  backoff.next();
  backoff.next();
  backoff.connectionLasted(4_999);
  assert.equal(backoff.next(), 2_000);
  backoff.connectionLasted(5_000);
  assert.equal(backoff.next(), 500);
  backoff.reset();
  assert.equal(backoff.next(), 500);
});
