import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { testHub } from "./support/test-hub.ts";

test("R5, R8: a drain closes connections one after another over its time, then the hub; close ends it at once", async () => {
  const { hub, connected, clock } = testHub();
  const clients = Array.from({ length: 10 }, () => connected());
  const closed = (): number => clients.filter(({ closedWith }) => closedWith?.code === 1012).length;
  const counts: number[] = [];
  const drained = hub.drain(1012, 1000);
  for (let elapsed = 0; elapsed < 1000; elapsed += 100) {
    counts.push(closed());
    for (let step = 0; step < 5; step++) {
      clock.advance(20);
      await settle();
    }
  }
  await drained;
  assert.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual([hub.connectionCount, hub.sessionCount], [0, 0]);
  const other = testHub();
  const late = [other.connected(), other.connected()];
  const cut = other.hub.drain(1001, 60_000);
  other.hub.close();
  other.clock.advance(20);
  await cut;
  assert.ok(late.every(({ closedWith }) => closedWith?.code === 1001));
});

test("R5: with 1012 each client is told when to come back, at a time of its own, before it is closed", async () => {
  let next = 0;
  const { hub, connected } = testHub({ random: () => (next += 0.25) });
  const clients = [connected(), connected(), connected()];
  await hub.drain(1012, 0, 1000);
  const told = clients.map(({ heard, closedWith }) => {
    const last = heard.at(-1);
    return last?.type === "error" ? [last.code, last.retryAfterMs, closedWith] : assert.fail(last?.type);
  });
  const end = { code: 1012, reason: "restarting" };
  assert.deepEqual(told, [
    ["restarting", 250, end],
    ["restarting", 500, end],
    ["restarting", 750, end],
  ]);
  const other = testHub();
  const quiet = other.connected();
  await other.hub.drain(1001, 0, 1000);
  assert.deepEqual([quiet.closedWith?.code, quiet.heard.at(-1)?.type], [1001, "connected"]);
});
