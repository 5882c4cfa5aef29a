import assert from "node:assert/strict";
import test from "node:test";
import { beatAt } from "../src/beat.ts";
import { Due, Keepalive } from "../src/keepalive.ts";
import { platform } from "./node-platform.ts";

const HEARTBEAT = { intervalMs: 100, timeoutMs: 30 };
const NEVER = Number.POSITIVE_INFINITY;

test("without heartbeat and idle timeout nothing is ever due", () => {
  const keepalive = new Keepalive(undefined, undefined, 10, 0);
  assert.equal(keepalive.deadline, NEVER);
  assert.equal(keepalive.tick(1e12, true), Due.Nothing);
});

test("a ping each interval, counted from the last tick that sent one", () => {
  const keepalive = new Keepalive(HEARTBEAT, undefined, 10, 1000);
  assert.equal(keepalive.deadline, 1100);
  assert.equal(keepalive.tick(1099, true), Due.Nothing);
  assert.equal(keepalive.tick(1105, true), Due.Ping);
  assert.equal(keepalive.tick(1105, true), Due.Nothing);
  assert.equal(keepalive.deadline, 1135);
  keepalive.heard(undefined);
  assert.equal(keepalive.deadline, 1205);
});

test("silence after a ping is a timeout, and a later ping does not put it off", () => {
  const keepalive = new Keepalive({ intervalMs: 10, timeoutMs: 25 }, undefined, 10, 0);
  assert.equal(keepalive.tick(10, true), Due.Ping);
  assert.equal(keepalive.tick(20, true), Due.Ping);
  assert.equal(keepalive.tick(30, true), Due.Ping);
  assert.equal(keepalive.tick(35, true), Due.HeartbeatTimeout);
});

test("while nothing is read silence is no timeout", () => {
  const keepalive = new Keepalive(HEARTBEAT, undefined, 10, 0);
  assert.equal(keepalive.tick(100, true), Due.Ping);
  keepalive.deaf();
  assert.equal(keepalive.tick(150, false), Due.Nothing);
  assert.equal(keepalive.tick(200, false), Due.Ping);
  assert.equal(keepalive.tick(260, false), Due.Nothing);
});

test("idle counts from the last message, in either direction, once", () => {
  const keepalive = new Keepalive(undefined, 50, 10, 0);
  keepalive.spoke(20);
  assert.equal(keepalive.deadline, 70);
  keepalive.spoke(undefined);
  assert.equal(keepalive.tick(60, true), Due.Nothing);
  assert.equal(keepalive.deadline, 110);
  keepalive.heard(100);
  assert.equal(keepalive.tick(110, true), Due.IdleTimeout);
  assert.equal(keepalive.tick(1000, true), Due.Nothing);
});

test("idle: a message that is discounted leaves the deadline where it was", () => {
  const keepalive = new Keepalive(undefined, 50, 10, 0);
  keepalive.spoke(20);
  keepalive.spoke(60);
  keepalive.discount();
  assert.equal(keepalive.deadline, 70);
});

test("once closing has begun only its deadline counts, from the time given or from the next tick", () => {
  const known = new Keepalive(HEARTBEAT, 50, 10, 0);
  known.startClosing(40);
  assert.equal(known.deadline, 50);
  assert.equal(known.tick(49, true), Due.Nothing);
  assert.equal(known.tick(50, true), Due.CloseTimeout);
  assert.equal(known.tick(500, true), Due.Nothing);
  assert.equal(known.deadline, NEVER);
  const unknown = new Keepalive(HEARTBEAT, 50, 10, 7);
  unknown.startClosing(undefined);
  assert.equal(unknown.deadline, 7);
  assert.equal(unknown.tick(300, true), Due.Nothing);
  assert.equal(unknown.deadline, 310);
});

test("after stop nothing is due", () => {
  const keepalive = new Keepalive(HEARTBEAT, 50, 10, 0);
  keepalive.stop();
  assert.equal(keepalive.tick(1e9, true), Due.Nothing);
  assert.equal(keepalive.deadline, NEVER);
});

test("a closing handshake without a time limit waits for ever", () => {
  const keepalive = new Keepalive(undefined, undefined, NEVER, 0);
  keepalive.startClosing(1);
  assert.equal(keepalive.deadline, NEVER);
  assert.equal(keepalive.tick(1e12, true), Due.Nothing);
});

test("it is calm when a new one would go on just the same: with nothing awaited, or the pong to the last ping alone", () => {
  const keepalive = new Keepalive(HEARTBEAT, undefined, 10, 0);
  assert.equal(keepalive.isCalm(undefined), true);
  keepalive.tick(100, true);
  const beat = beatAt(100, { ...platform });
  assert.deepEqual([keepalive.isCalm(undefined), keepalive.isCalm(beat)], [false, true]);
  const other = new Keepalive(HEARTBEAT, undefined, 10, 100, beat);
  assert.deepEqual([other.deadline, other.isCalm(beat)], [keepalive.deadline, true]);
  other.heard(105);
  assert.deepEqual([other.deadline, other.isCalm(beat), other.isCalm(undefined)], [200, false, true]);
  assert.equal(new Keepalive(HEARTBEAT, 50, 10, 0).isCalm(undefined), false);
});

test("it is not calm when an older ping is unanswered: its time would be forgotten", () => {
  const keepalive = new Keepalive({ intervalMs: 10, timeoutMs: 25 }, undefined, 10, 0);
  keepalive.tick(10, true);
  keepalive.tick(20, true);
  assert.equal(keepalive.isCalm(beatAt(20, { ...platform })), false);
});

test("another heartbeat counts from the time at which it is set; a ping under way keeps its time to answer; none is no ping any more", () => {
  const keepalive = new Keepalive(HEARTBEAT, undefined, 10, 0);
  assert.equal(keepalive.tick(100, true), Due.Ping);
  keepalive.setHeartbeat({ intervalMs: 500, timeoutMs: 5 }, 110);
  assert.equal(keepalive.deadline, 130);
  keepalive.heard(115);
  assert.equal(keepalive.deadline, 610);
  assert.equal(keepalive.tick(610, true), Due.Ping);
  assert.equal(keepalive.deadline, 615);
  keepalive.heard(611);
  keepalive.setHeartbeat(undefined, 620);
  assert.equal(keepalive.deadline, NEVER);
});
