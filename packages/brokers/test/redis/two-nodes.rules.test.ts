import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Hub } from "@openline/hub";
import { assertHistory, Ear, HubStation, type Observation, Workload } from "@openline/hub/testing";
import { FaultProxy, noRedis, RedisServer } from "@openline/testkit";
import { RedisBroker } from "../../src/redis/index.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock, until } from "../support/system-clock.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };
const retention = { messages: 5, bytes: 1_000, ageMs: 60_000 };
const message = { content: '"data":1', bytes: 8, time: Date.now(), retention };

async function redis(t: TestContext): Promise<RedisServer> {
  const server = await RedisServer.start();
  t.after(async () => await server.stop());
  return server;
}

async function node(t: TestContext, port: number, query = ""): Promise<RedisBroker> {
  const url = `redis://127.0.0.1:${port}${query}`;
  const broker = await RedisBroker.open({ url, clock: systemClock, ids: randomIds, checkIntervalMs: 200, watchdogMs: 900 });
  t.after(() => broker.close());
  return broker;
}

test("contract 4 and 7: two hubs on one Redis behave as one: publishes, order, members and counts", skip, async (t) => {
  const { port } = await redis(t);
  const hubs: Hub[] = [];
  for (const name of ["E", "W"]) hubs.push(new Hub({ clock: systemClock, ids: randomIds, broker: await node(t, port), node: name }));
  const [east, west] = hubs;
  assert.ok(east !== undefined && west !== undefined);
  t.after(() => hubs.forEach((hub) => hub.close()));
  const observations: Observation[] = [];
  const stations = [east, west, east, west].map((hub, index) => new HubStation(`c${index}`, () => hub, observations, Date.now));
  const workload = new Workload({ seed: 1, stations, rooms: ["room"], pass: async (ms) => await delay(ms), unrest: false });
  assert.ok(await workload.begin(10_000));
  await until("both count four", async () => (await east.members("room")).length === 4 && (await west.members("room")).length === 4);
  for (let step = 0; step < 50; step++) await workload.step();
  assert.ok(await workload.calm(10_000));
  const { counts } = assertHistory(observations, "seed 1");
  assert.ok(counts.acknowledged > 40, JSON.stringify(counts));
  const [eastRooms, westRooms] = [await east.rooms(), await west.rooms()];
  assert.deepEqual(eastRooms, westRooms);
  assert.deepEqual(
    eastRooms.map(({ members, messages }) => [members, messages]),
    [[4, counts.acknowledged]],
  );
});

test("prefixes part applications on one Redis: messages, members, ids and lists", skip, async (t) => {
  const { port } = await redis(t);
  const [one, other] = [await node(t, port, "?prefix=one"), await node(t, port, "?prefix=other")];
  const ear = new Ear();
  const near = await one.subscribe("a", new Ear());
  await other.subscribe("a", ear);
  near.enter({ session: "s", since: 1 });
  const idempotency = { key: "i", fingerprint: "f", windowMs: 10_000 };
  await one.publish("a", { ...message, idempotency });
  assert.equal((await other.publish("b", { ...message, idempotency })).outcome, "stored");
  await other.ping();
  assert.deepEqual([ear.contents, ear.events], [[], []]);
  assert.deepEqual((await other.rooms()).map(({ room, messages }) => `${room} ${messages}`).toSorted(), ["a 0", "b 1"]);
});

test("contract 7: a node that dies takes its members along, each leave told once to each", skip, async (t) => {
  const { port } = await redis(t);
  const proxy = await FaultProxy.start(port);
  t.after(async () => await proxy.stop());
  const [one, two, cut] = [await node(t, port), await node(t, port), await node(t, proxy.port)];
  const ears = [new Ear(), new Ear(), new Ear()];
  const [first, second, third] = ears;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  await one.subscribe("a", first);
  await two.subscribe("a", second);
  const lonely = await cut.subscribe("a", third);
  for (const session of ["x", "y"]) lonely.enter({ session, since: 1 });
  await until("all know", () => first.events.length === 2 && second.events.length === 2);
  proxy.refuse();
  proxy.cut();
  await until("the lease is over", () => first.events.length === 4 && second.events.length === 4);
  assert.deepEqual(first.events.slice(2).toSorted(), ["exited x", "exited y"]);
  assert.deepEqual(second.events.slice(2).toSorted(), ["exited x", "exited y"]);
});

test("contract 1: a room whose bytes are bounded keeps at least so many and lets go of the rest", skip, async (t) => {
  const { port } = await redis(t);
  const broker = await node(t, port);
  const wide = { ...retention, messages: 1_000 };
  for (let index = 0; index < 300; index++) await broker.publish("a", { ...message, bytes: 100, retention: wide });
  const { messages, floor, top } = await broker.read("a", { offset: 0 });
  const bytes = messages.reduce((sum, one) => sum + one.bytes, 0);
  assert.ok(bytes >= 1_000 && bytes <= 1_100, `${bytes} bytes are kept`);
  assert.deepEqual([top.offset, floor], [300, messages[0]?.position.offset]);
});

test("a live message that was lost, the last one, is found by the next check", skip, async (t) => {
  const server = await redis(t);
  const broker = await node(t, server.port);
  const ear = new Ear();
  await broker.subscribe("a", ear);
  await broker.publish("a", message);
  await until("heard", () => ear.messages.length === 1);
  // As a publish whose telling got lost: the store moves on, and no channel says so.
  await server.ask("HSET openline:m:{a} s 2 t lost");
  await until("the check finds it", () => ear.events.includes("insufficient"), 2_000);
});
