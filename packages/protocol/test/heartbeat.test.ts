import assert from "node:assert/strict";
import test from "node:test";
import { Heartbeat } from "../src/heartbeat.ts";
import { platform } from "./node-platform.ts";

test("pongs for our own heartbeats are recognised, others are not (RFC 6455 §5.5.3)", () => {
  const heartbeat = new Heartbeat(platform, undefined);
  assert.equal(heartbeat.isAnswer(new Uint8Array(8), 0), false);
  const first = heartbeat.next(100).slice();
  const second = heartbeat.next(200).slice();
  assert.notDeepEqual(first, second);
  assert.equal(heartbeat.isAnswer(first, 205), true);
  assert.equal(heartbeat.roundTripMs, undefined);
  assert.equal(heartbeat.isAnswer(second, 212), true);
  assert.equal(heartbeat.roundTripMs, 12);
  assert.equal(
    heartbeat.isAnswer(
      second.map((byte) => byte ^ 1),
      213,
    ),
    false,
  );
  assert.equal(heartbeat.isAnswer(second.subarray(1), 213), false);
});

test("without a time an answer counts but tells no round trip", () => {
  const heartbeat = new Heartbeat(platform, undefined);
  assert.equal(heartbeat.isAnswer(heartbeat.next(1).slice(), undefined), true);
  assert.equal(heartbeat.roundTripMs, undefined);
});

test("one made with a ping that another has sent knows its answer, and the time it took", () => {
  const other = new Heartbeat(platform, undefined);
  other.next(1000);
  const heartbeat = new Heartbeat(platform, other.awaited);
  assert.equal(heartbeat.awaited, other.awaited);
  assert.equal(heartbeat.isAnswer(other.awaited!.payload.slice(), 1007), true);
  assert.deepEqual([heartbeat.awaited, heartbeat.roundTripMs], [undefined, 7]);
});
