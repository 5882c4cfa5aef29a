import assert from "node:assert/strict";
import { test } from "node:test";
import { PROFILES } from "@openline/protocol";
import { firstBeat, withHeartbeat } from "../src/connection-options.ts";
import { connectionOptions } from "../src/endpoint-options.ts";

test("connections that are given the same other heartbeat share one object of options", () => {
  const options = connectionOptions("server", { maxPayload: 77 }, PROFILES.ws);
  const changed = withHeartbeat(options, { intervalMs: 10, timeoutMs: 20 });
  assert.deepEqual(changed, { ...options, heartbeat: { intervalMs: 10, timeoutMs: 20 } });
  assert.equal(withHeartbeat(options, { intervalMs: 10, timeoutMs: 20 }), changed);
  assert.notEqual(withHeartbeat(options, { intervalMs: 20, timeoutMs: 10 }), changed);
});

test("who changes back and forth is given the same few objects", () => {
  const options = connectionOptions("server", {}, PROFILES.ws);
  const [slow, fast] = [20_000, 10_000].map((intervalMs) => ({ intervalMs, timeoutMs: 1 }));
  assert.ok(slow !== undefined && fast !== undefined);
  const first = withHeartbeat(options, slow);
  assert.equal(withHeartbeat(withHeartbeat(first, fast), slow), first);
});

test("a thousand different heartbeats are kept for options, what a peer chooses beyond is made anew", () => {
  const options = connectionOptions("server", {}, PROFILES.ws);
  const make = (intervalMs: number) => withHeartbeat(options, { intervalMs, timeoutMs: 1 });
  const first = Array.from({ length: 1_001 }, (_, at) => make(at + 1));
  assert.equal(make(1_000), first[999]);
  assert.notEqual(make(1_001), first[1_000]);
  assert.deepEqual(make(1_001), first[1_000]);
});

test("first pings come at sixteenths of the interval, never late, and less than a sixteenth early", () => {
  for (const [now, due] of [
    [0, 1600],
    [99, 1600],
    [100, 1700],
    [12_345, 13_900],
  ] as const) {
    assert.equal(firstBeat(now, 1600), due);
  }
});
