import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { Heartbeat, type HeartbeatTimes } from "../src/heartbeat.ts";

interface Watch {
  readonly clock: FakeClock;
  readonly heartbeat: Heartbeat;
  readonly log: string[];
  readonly page: { hidden: boolean };
}

function watch(times: Partial<HeartbeatTimes> = {}, maxMissed = 1): Watch {
  const clock = new FakeClock(0);
  const log: string[] = [];
  const page = { hidden: false };
  const heartbeat = new Heartbeat(clock, { intervalMs: 25_000, timeoutMs: 10_000, hiddenIntervalMs: 75_000, ...times }, maxMissed, {
    ping: () => log.push(`ping ${clock.now()}`),
    dead: () => log.push(`dead ${clock.now()}`),
    hidden: () => page.hidden,
  });
  return { clock, heartbeat, log, page };
}

test("silence for the interval leads to a ping, and for the timeout more to death (wire, Heartbeat)", () => {
  const { clock, log } = watch();
  clock.advance(60_000);
  assert.deepEqual(log, ["ping 25000", "dead 35000"]);
  assert.equal(clock.pending, 0);
});

test("any message counts as life: while data flows there is no ping (wire, Heartbeat)", () => {
  const { clock, heartbeat, log } = watch();
  for (let at = 0; at < 100; at++) {
    clock.advance(10_000);
    heartbeat.heard();
  }
  assert.deepEqual(log, []);
  assert.equal(clock.pending, 1);
});

test("any message after the ping saves the connection, and the next ping comes an interval after it", () => {
  const { clock, heartbeat, log } = watch();
  clock.advance(34_999);
  heartbeat.heard();
  clock.advance(25_000);
  assert.deepEqual(log, ["ping 25000", "ping 59999"]);
});

test("a ping comes an interval after the last message, wherever the timer stood", () => {
  const { clock, heartbeat, log } = watch();
  clock.advance(20_000);
  heartbeat.heard();
  clock.advance(24_999);
  assert.deepEqual(log, []);
  clock.advance(1);
  assert.deepEqual(log, ["ping 45000"]);
});

test("a timeout longer than the interval does not delay the next ping", () => {
  const { clock, heartbeat, log } = watch({ intervalMs: 1_000, timeoutMs: 5_000 });
  clock.advance(1_000);
  heartbeat.heard();
  clock.advance(1_000);
  assert.deepEqual(log, ["ping 1000", "ping 2000"]);
});

test("after stop nothing is called and no timer is left", () => {
  const { clock, heartbeat, log } = watch();
  heartbeat.stop();
  assert.equal(clock.pending, 0);
  clock.advance(100_000);
  assert.deepEqual(log, []);
});

test("M: with maxMissedHeartbeats 3 the third ping in a row without an answer ends it, and an answer begins the count anew", () => {
  const { clock, heartbeat, log } = watch({ intervalMs: 1_000, timeoutMs: 300 }, 3);
  clock.advance(1_600);
  heartbeat.heard();
  clock.advance(60_000);
  assert.deepEqual(log, ["ping 1000", "ping 1300", "ping 1600", "ping 2600", "ping 2900", "ping 3200", "dead 3500"]);
  assert.equal(clock.pending, 0);
});

test("while the page is hidden the longer interval counts", () => {
  const { clock, heartbeat, log, page } = watch();
  clock.advance(20_000);
  page.hidden = true;
  heartbeat.look();
  clock.advance(54_999);
  assert.deepEqual(log, []);
  clock.advance(1);
  assert.deepEqual(log, ["ping 75000"]);
});

test("a page that is shown after a silence longer than its interval asks at once, a shorter one at its time", () => {
  const { clock, heartbeat, log, page } = watch();
  page.hidden = true;
  heartbeat.look();
  clock.advance(15_000);
  page.hidden = false;
  heartbeat.look();
  clock.advance(9_999);
  page.hidden = true;
  heartbeat.look();
  clock.advance(5_000);
  assert.deepEqual(log, []);
  page.hidden = false;
  heartbeat.look();
  assert.deepEqual(log, ["ping 29999"]);
});

test("a ping under way keeps its time, whether the page is hidden or shown meanwhile", () => {
  const { clock, heartbeat, log, page } = watch();
  clock.advance(26_000);
  page.hidden = true;
  heartbeat.look();
  clock.advance(9_000);
  assert.deepEqual(log, ["ping 25000", "dead 35000"]);
});
