import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError } from "../src/errors.ts";
import { type ClientOptions, checkedPosition, resolveOptions } from "../src/options.ts";

test("the defaults are those of the README's table", () => {
  assert.deepEqual(resolveOptions({}), {
    user: undefined,
    token: undefined,
    tokenInEachMessage: false,
    autoConnect: true,
    subprotocol: "openline.v1",
    connectTimeoutMs: 10_000,
    reconnect: { minDelayMs: 500, maxDelayMs: 30_000, factor: 2 },
    heartbeat: undefined,
    maxMissedHeartbeats: 1,
    outboundLimit: { messages: 1_000, bytes: 1_048_576 },
    rewind: 0,
  });
});

const bad: readonly [options: ClientOptions, code: string, text: RegExp][] = [
  [{ user: "" }, "bad-name", /user name is empty/],
  [{ user: "é".repeat(128) }, "bad-name", /256 bytes, the limit is 255/],
  [{ token: "" }, "bad-option", /token has 0 bytes, not 1 to 8192/],
  [{ connectTimeoutMs: 0 }, "bad-option", /connectTimeoutMs is 0, not a number from 1 to 2147483647/],
  [{ connectTimeoutMs: Number.NaN }, "bad-option", /connectTimeoutMs is NaN/],
  [{ reconnect: { minDelayMs: -1 } }, "bad-option", /reconnect.minDelayMs is -1/],
  [{ reconnect: { minDelayMs: 100, maxDelayMs: 99 } }, "bad-option", /reconnect.maxDelayMs is 99, not a number from 100/],
  [{ reconnect: { factor: 0.5 } }, "bad-option", /reconnect.factor is 0.5, not a number from 1 to 100/],
  [{ heartbeat: { intervalMs: 0 } }, "bad-option", /heartbeat.intervalMs is 0/],
  [{ heartbeat: { timeoutMs: "9" as unknown as number } }, "bad-option", /heartbeat.timeoutMs is 9, not a number/],
  [{ outboundLimit: { messages: 0 } }, "bad-option", /outboundLimit.messages is 0/],
  [{ outboundLimit: { bytes: Number.POSITIVE_INFINITY } }, "bad-option", /outboundLimit.bytes is Infinity/],
  [{ rewind: 1_001 }, "bad-option", /rewind is 1001, not a number from 0 to 1000/],
  [{ rewind: 0.5 }, "bad-option", /rewind is 0.5, not an integer/],
];

for (const [options, code, text] of bad) {
  test(`${JSON.stringify(options).slice(0, 60)} is refused with ${code}, naming the value and the limit`, () => {
    assert.throws(
      () => resolveOptions(options),
      (error) => error instanceof ClientError && error.code === code && text.test(error.message),
    );
  });
}

test("a first wait above the default limit lifts the limit", () => {
  assert.equal(resolveOptions({ reconnect: { minDelayMs: 60_000 } }).reconnect.maxDelayMs, 60_000);
});

test("a position is what a server could have given (wire, Types)", () => {
  assert.deepEqual([checkedPosition(undefined), checkedPosition("e.1.t")], [undefined, "e.1.t"]);
  for (const wrong of ["", "a b", "é", "x".repeat(129)])
    assert.throws(() => checkedPosition(wrong), { code: "bad-option", message: /1 to 128 visible ASCII/ });
});
