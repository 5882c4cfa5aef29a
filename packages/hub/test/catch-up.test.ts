import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { BrokerDouble } from "./support/broker-double.ts";
import { testHub } from "./support/test-hub.ts";

/** A member of a spilling room whose reader stands still after its `joined`, on a store in our hands. */
async function fallen(filled: number) {
  const broker = new BrokerDouble();
  const bench = testHub({ broker, outboundBytes: 400, rules: { slow: "spill" } });
  const client = bench.connected();
  await client.join("a");
  client.roomBelow = 1;
  const tell = (from: number, to: number): void => {
    broker.fill(to);
    for (let offset = from; offset <= to; offset++) broker.tell(offset);
  };
  tell(1, filled);
  return { ...bench, broker, client, tell };
}

test("contract 8: who spilled reads on when there is room, in order, and is live again where the node stands", async () => {
  const { client, hub, tell, broker, events } = await fallen(50);
  assert.equal(hub.stats().spilled, 1);
  assert.ok(hub.queuedBytes <= 400);
  client.drain();
  await settle();
  tell(51, 52);
  assert.deepEqual(
    client.data,
    Array.from({ length: 52 }, (_, index) => index + 1),
  );
  assert.deepEqual([client.all("insufficient"), hub.stats().spilled, hub.stats().policies.spill.times], [[], 0, 1]);
  assert.deepEqual(events.filter(({ type }) => type === "slow-reader").length, 1);
  assert.ok(broker.reads.every((from) => "offset" in from && from.limit !== undefined));
});

test("contract 2: what the history no longer has is told as insufficient, not left out in silence", async () => {
  const { client, hub, tell, broker } = await fallen(50);
  broker.kept = broker.kept.slice(40);
  client.drain();
  await settle();
  broker.kept = broker.kept.slice(0);
  assert.deepEqual(
    client.all("insufficient").map(({ position }) => position),
    ["e.50.t50"],
  );
  tell(51, 51);
  assert.deepEqual([client.data.at(-1), hub.stats().spilled], [51, 0]);
});

test("a store that fails while a slow reader reads closes it with 4503: it comes back and recovers", async () => {
  const { client, broker, events } = await fallen(50);
  broker.onRead = () => Promise.reject(new Error("gone"));
  client.drain();
  await settle();
  assert.deepEqual(client.closedWith, { code: 4503, reason: "too-slow" });
  assert.equal(events.filter(({ type }) => type === "fault").length, 1);
});

test("contract 2: a history that stays behind the node is not waited for without end", async () => {
  const { client, broker } = await fallen(50);
  broker.kept = broker.kept.slice(0, 20);
  broker.top = broker.kept.at(-1)?.position ?? broker.top;
  client.drain();
  for (let turn = 0; turn < 10; turn++) await settle();
  assert.deepEqual(
    client.data,
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
  assert.deepEqual(
    client.all("insufficient").map(({ position }) => position),
    ["e.50.t50"],
  );
});
