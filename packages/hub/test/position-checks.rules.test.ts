import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { BrokerDouble } from "./support/broker-double.ts";
import { testHub } from "./support/test-hub.ts";

/** A member of a quiet room at message 5, on a store in our hands. */
async function quiet(more: Parameters<typeof testHub>[0] = {}) {
  const broker = new BrokerDouble();
  broker.fill(5);
  const bench = testHub({ broker, random: () => 0.5, ...more });
  const client = bench.connected();
  await client.join("a");
  return { ...bench, broker, client };
}

test("R17: a node that missed the last message of a quiet room notices by itself, and its members get it", async () => {
  const { broker, client, clock, hub } = await quiet();
  broker.fill(6);
  await clock.advanceAsync(29_999);
  assert.deepEqual(client.data, []);
  await clock.advanceAsync(1);
  assert.deepEqual([client.data, client.all("insufficient")], [[6], []]);
  hub.close();
  assert.equal(clock.pending, 0);
});

test("R17: a check that finds nothing reads no message, and the next one comes", async () => {
  const { broker, client, clock } = await quiet();
  await clock.advanceAsync(90_000);
  assert.deepEqual(broker.reads, [{ newest: 0 }, { newest: 0 }, { newest: 0 }]);
  assert.equal(client.heard.length, 2);
});

test("R17: checks are spread: from half to one and a half times the interval", async () => {
  for (const [random, dueMs] of [
    [0, 500],
    [0.999, 1_499],
  ] as const) {
    const { broker, clock } = await quiet({ positionCheckMs: 1_000, random: () => random });
    await clock.advanceAsync(dueMs - 1);
    assert.equal(broker.reads.length, 0);
    await clock.advanceAsync(1);
    assert.equal(broker.reads.length, 1);
  }
});

test("contract 2: a check that finds another history of a quiet room says so (R18)", async () => {
  const { broker, client, clock } = await quiet();
  broker.fill(5, 3, "other-");
  await clock.advanceAsync(30_000);
  assert.deepEqual(broker.rotations, ["e"]);
  assert.deepEqual(
    client.all("insufficient").map(({ position }) => position),
    ["e+.0.0"],
  );
});

test("R17: after the engine was away and is back, what was missed comes at once", async () => {
  const { broker, client } = await quiet();
  broker.fill(8);
  for (const subscriber of broker.subscribers) subscriber.insufficient();
  await settle();
  assert.deepEqual([client.data, client.all("insufficient")], [[6, 7, 8], []]);
});

test("R17: a store that does not answer a check is asked again", async () => {
  const { broker, client, clock, events } = await quiet();
  broker.onRead = () => Promise.reject(new Error("away"));
  await clock.advanceAsync(30_000);
  assert.equal(events.filter(({ type }) => type === "fault").length, 1);
  broker.onRead = () => {};
  broker.fill(6);
  await clock.advanceAsync(30_000);
  assert.deepEqual(client.data, [6]);
});

test("what waits while a node heals is bounded, and still nothing is lost", async () => {
  const { broker, client } = await quiet({ heldBytes: 100 });
  let answer = (): void => {};
  broker.onRead = () => new Promise((resolve) => (answer = resolve));
  broker.fill(7);
  broker.tell(7);
  await settle();
  // The read is under way: hundreds pass, and the page that comes shows none of them.
  broker.afterRead = () => {
    broker.afterRead = () => {};
    broker.onRead = () => {};
    broker.fill(300);
    for (let offset = 8; offset <= 300; offset++) broker.tell(offset);
  };
  answer();
  await settle();
  assert.deepEqual(
    client.data,
    Array.from({ length: 295 }, (_, index) => index + 6),
  );
  assert.deepEqual(client.all("insufficient"), []);
  assert.equal(broker.reads.length, 2, "what did not fit was read again");
});

test("what passes while a join reads is bounded: the join reads again, and nothing is lost", async () => {
  const { broker, client, connected } = await quiet({ heldBytes: 100 });
  broker.afterRead = () => {
    broker.afterRead = () => {};
    for (let offset = 6; offset <= 300; offset++) {
      broker.fill(offset);
      broker.tell(offset);
    }
  };
  const late = connected();
  const joined = await late.join("a", { position: "e.3.t3" });
  assert.deepEqual([joined.recovered, joined.replay], [true, 297]);
  assert.deepEqual([late.data.length, client.data.length], [297, 295]);
  assert.equal(broker.reads.length, 2);
});
