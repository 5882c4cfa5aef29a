import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { MemoryBroker } from "../src/memory-broker.ts";
import { brokerContract } from "../src/testing/index.ts";
import { countingIds, testHub } from "./support/test-hub.ts";

const retention = { messages: 10, bytes: 1000, ageMs: 60_000 };
const deaf = { message: () => {}, signal: () => {}, entered: () => {}, exited: () => {}, insufficient: () => {} };

function bench(maxRooms?: number) {
  const clock = new FakeClock();
  return { clock, broker: new MemoryBroker({ clock, ids: countingIds(), maxRooms }) };
}

brokerContract({
  name: "memory",
  test,
  open: () => {
    const { clock, broker } = bench();
    return { broker, other: broker, now: clock.now, pass: (ms) => clock.advanceAsync(ms), settle, close: () => broker.close() };
  },
});

test("a room without subscribers vanishes when its last message and id have expired, and no timer stays", async () => {
  const { clock, broker } = bench();
  await broker.publish("a", { content: "", bytes: 0, time: clock.now(), retention });
  const idempotency = { key: "i", fingerprint: "f", windowMs: 300_000 };
  await broker.publish("b", { content: "", bytes: 0, time: clock.now(), retention: { ...retention, messages: 0 }, idempotency });
  await clock.advanceAsync(60_000);
  assert.equal((await broker.rooms()).length, 2);
  await clock.advanceAsync(10_000);
  assert.deepEqual(
    (await broker.rooms()).map(({ room }) => room),
    ["b"],
  );
  await clock.advanceAsync(240_000);
  assert.deepEqual(await broker.rooms(), []);
  assert.equal(clock.pending, 0);
});

test("contract 1: a room to which something was published comes again in another epoch, whatever its clients knew of it", async () => {
  for (const rotated of [false, true]) {
    const { clock, broker } = bench();
    const first = await broker.subscribe("a", deaf);
    if (rotated) await broker.rotate("a", first.top.epoch);
    else await broker.publish("a", { content: "", bytes: 0, time: clock.now(), retention });
    first.close();
    await clock.advanceAsync(240_000);
    assert.deepEqual(await broker.rooms(), []);
    const second = await broker.subscribe("a", deaf);
    assert.notEqual(second.top.epoch, first.top.epoch);
  }
});

test("contract 2: where nothing was ever published nothing was missed: the start of such a room stays known while nobody is in it", async () => {
  const { broker } = bench();
  const first = await broker.subscribe("a", deaf);
  first.close();
  assert.deepEqual([(await broker.read("a", { newest: 1 })).top, (await broker.subscribe("a", deaf)).top], [first.top, first.top]);
});

test("contract 5: old messages are let go of while a room is followed too", async () => {
  const { clock, broker } = bench();
  await broker.subscribe("a", deaf);
  await broker.publish("a", { content: "", bytes: 0, time: clock.now(), retention });
  await clock.advanceAsync(80_000);
  assert.deepEqual(
    (await broker.rooms()).map(({ messages }) => messages),
    [0],
  );
});

test("a closed broker refuses what comes later and holds no timer", async () => {
  const { clock, broker } = bench();
  await broker.subscribe("a", deaf);
  broker.close();
  await assert.rejects(broker.subscribe("a", deaf), /closed/);
  await assert.rejects(broker.publish("a", { content: "", bytes: 0, time: 0, retention }), /closed/);
  assert.equal(clock.pending, 0);
});

test("the number of rooms is bounded: one more is refused by name and limit, nothing is kept of it, and a room that vanishes makes place", async () => {
  const { clock, broker } = bench(2);
  await broker.publish("a", { content: "", bytes: 0, time: clock.now(), retention });
  const follower = await broker.subscribe("b", deaf);
  const full = { name: "RoomLimitError", message: 'the server keeps 2 rooms and may not keep more: "c" would be one too many' };
  await assert.rejects(broker.publish("c", { content: "", bytes: 0, time: clock.now(), retention }), full);
  await assert.rejects(broker.subscribe("c", deaf), full);
  await broker.subscribe("$user:Ada", deaf);
  assert.deepEqual(
    (await broker.rooms()).map(({ room }) => room),
    ["a", "b", "$user:Ada"],
  );
  follower.close();
  await broker.publish("c", { content: "", bytes: 0, time: clock.now(), retention });
  await broker.publish("a", { content: "", bytes: 0, time: clock.now(), retention });
});

test("a client and the application are told room-limit, and may come again; nothing was stored (hub-v1, Errors)", async () => {
  const { hub, connected, events } = testHub({ maxRooms: 1 });
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  await ada.join("a");
  for (const type of ["join", "publish"] as const) {
    const refused = await bo.expect("error", { type, room: "b", data: 1, ...(type === "publish" && { id: "i" }) });
    assert.deepEqual(
      [refused.code, refused.message],
      ["room-limit", 'the server keeps 1 rooms and may not keep more: "b" would be one too many'],
    );
  }
  const outcome = await hub.publish("b", { data: 1 });
  assert.equal(outcome.outcome === "rejected" && outcome.code, "room-limit");
  await assert.rejects(hub.join({ user: "Bo" }, "b"), { name: "RoomLimitError" });
  await ada.expect("left", { type: "leave", room: "a" });
  assert.equal((await bo.publish("b", 2, { id: "j" })).duplicate, undefined);
  assert.deepEqual([(await bo.join("b", { rewind: 9 })).replay, events.filter(({ type }) => type === "fault")], [1, []]);
});
