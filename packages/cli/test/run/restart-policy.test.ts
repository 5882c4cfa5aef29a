import assert from "node:assert/strict";
import { test } from "node:test";
import { closeOf, RestartPolicy } from "../../src/run/restart-policy.ts";

const ended = { code: 0, signal: undefined, error: undefined };
const failed = { code: 3, signal: undefined, error: undefined };

test("the waits double up to 30 s, and begin anew after a run of ten seconds", () => {
  let now = 0;
  const policy = new RestartPolicy("always", 250, () => now);
  policy.started();
  assert.deepEqual(
    Array.from({ length: 9 }, () => policy.waitAfter(ended)),
    [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000],
  );
  now = 10_000;
  assert.equal(policy.waitAfter(ended), 250);
});

test("on-failure leaves a good end alone, never leaves all alone", () => {
  const policy = new RestartPolicy("on-failure", 250, () => 0);
  assert.equal(policy.waitAfter(ended), undefined);
  assert.equal(policy.waitAfter(failed), 250);
  assert.equal(policy.waitAfter({ code: undefined, signal: "SIGSEGV", error: undefined }), 500);
  assert.equal(new RestartPolicy("never", 250).waitAfter(failed), undefined);
});

test("an end is 1000 or 1011 with a reason, never 1006", () => {
  assert.deepEqual(closeOf(ended), { code: 1000, reason: "the program has ended" });
  assert.deepEqual(closeOf(failed), { code: 1011, reason: "the program ended with exit code 3" });
  assert.deepEqual(closeOf({ code: undefined, signal: "SIGKILL", error: undefined }), {
    code: 1011,
    reason: "the program was ended by SIGKILL",
  });
  assert.deepEqual(closeOf({ code: undefined, signal: undefined, error: new Error("x") }), {
    code: 1011,
    reason: "the program could not be started",
  });
});
