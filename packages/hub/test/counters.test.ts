import assert from "node:assert/strict";
import { test } from "node:test";
import { copyOf, zeroCounters } from "../src/counters.ts";
import { testHub } from "./support/test-hub.ts";

test("each hub counts for itself, from zero", () => {
  assert.ok(Object.values(zeroCounters().policies).every(({ times, messages }) => times + messages === 0));
  const { hub, connected } = testHub({ outboundBytes: 10 });
  const [client] = [connected(), connected()];
  client.roomBelow = 0;
  for (let ref = 0; ref < 3; ref++) client.say({ type: "ping", ref });
  const { connections, sessions, rooms, queuedBytes, spilled, tooSlow } = hub.stats();
  assert.deepEqual(
    { connections, sessions, rooms, queuedBytes, spilled, tooSlow },
    {
      connections: 1,
      sessions: 2,
      rooms: 0,
      queuedBytes: 0,
      spilled: 0,
      tooSlow: 1,
    },
  );
  assert.equal(testHub().hub.stats().tooSlow, 0);
});

test("a copy stays what it was", () => {
  const counters = zeroCounters();
  const before = copyOf(counters);
  counters.tooSlow++;
  for (const count of Object.values(counters.policies)) count.times++;
  assert.deepEqual(before, zeroCounters());
});
