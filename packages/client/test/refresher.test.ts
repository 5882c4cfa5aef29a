import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import type { TokenCallback } from "../src/options.ts";
import { Refresher } from "../src/refresher.ts";

function refresher(token: TokenCallback = () => "next"): { refresher: Refresher; clock: FakeClock; sent: string[]; reported: unknown[] } {
  const clock = new FakeClock();
  const sent: string[] = [];
  const reported: unknown[] = [];
  const link = { clock, token, send: (text: string) => void sent.push(text), report: (cause: unknown) => void reported.push(cause) };
  return { refresher: new Refresher(link), clock, sent, reported };
}

const times: [expiresInMs: number, renewedAfterMs: number][] = [
  [10_000, 8_000],
  [100_000, 80_000],
  [3_600_000, 3_570_000],
];
for (const [expiresInMs, afterMs] of times) {
  test(`R15: a token of ${expiresInMs} ms is renewed after ${afterMs} ms`, async () => {
    const { refresher: one, clock, sent } = refresher();
    one.accepted(expiresInMs);
    await clock.advanceAsync(afterMs - 1);
    assert.deepEqual(sent, []);
    await clock.advanceAsync(1);
    assert.deepEqual(sent, ["next"]);
    one.accepted(expiresInMs);
    await clock.advanceAsync(afterMs);
    assert.deepEqual(sent, ["next", "next"]);
  });
}

test("a token without an end is not renewed, and a longer one than a timer not before its time", async () => {
  const { refresher: one, clock, sent } = refresher();
  one.accepted(undefined);
  assert.equal(clock.pending, 0);
  one.accepted(2 ** 33);
  assert.equal(clock.pending, 1);
  assert.deepEqual(sent, []);
});

test("what fails is tried again until the end, and told each time", async () => {
  const { refresher: one, clock, sent, reported } = refresher(() => Promise.reject(new Error("no network")));
  one.accepted(10_000);
  await clock.advanceAsync(8_000);
  assert.equal(reported.length, 1);
  await clock.advanceAsync(1_000);
  assert.equal(reported.length, 2);
  await clock.advanceAsync(60_000);
  assert.deepEqual([sent, reported.length, clock.pending], [[], 3, 0]);
});

test("a token that comes when the connection is gone is not sent", async () => {
  let give: (token: string) => void = () => undefined;
  const { refresher: one, clock, sent } = refresher(() => new Promise((resolve) => (give = resolve)));
  one.accepted(10_000);
  await clock.advanceAsync(8_000);
  one.stop();
  give("late");
  await clock.advanceAsync(10_000);
  assert.deepEqual([sent, clock.pending], [[], 0]);
});
