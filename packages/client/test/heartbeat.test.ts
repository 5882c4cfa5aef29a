import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { Heartbeat } from "../src/heartbeat.ts";

interface Watch {
  readonly clock: FakeClock;
  readonly heartbeat: Heartbeat;
  readonly log: string[];
}

function watch(times = { intervalMs: 25_000, timeoutMs: 10_000 }): Watch {
  const clock = new FakeClock(0);
  const log: string[] = [];
  const heartbeat = new Heartbeat(clock, times, {
    ping: () => log.push(`ping ${clock.now()}`),
    dead: () => log.push(`dead ${clock.now()}`),
  });
  return { clock, heartbeat, log };
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
