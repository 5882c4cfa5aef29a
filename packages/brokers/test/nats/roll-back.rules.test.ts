// A NATS that is not what it was: another epoch, an older copy, a stream made anew. Nobody is given anything of it under the old epoch.
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import type { BrokerOutcome } from "@openline/hub";
import { Ear } from "@openline/hub/testing";
import { FaultProxy, noNats, type ServerProcess, startNats } from "@openline/testkit";
import { NatsBroker } from "../../src/nats/index.ts";
import { JetStream } from "../../src/nats/jetstream.ts";
import { RoomStream } from "../../src/nats/room-stream.ts";
import { writeRoomText } from "../../src/nats/room-text.ts";
import { natsSession } from "../support/nats-session.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock, until as untilWithin } from "../support/system-clock.ts";

const skip = noNats === undefined ? {} : { skip: noNats };
const retention = { messages: 1_000, bytes: 1_000_000, ageMs: 60_000 };
let server: ServerProcess;
let count = 0;
const until = async (what: string, check: () => boolean | Promise<boolean>): Promise<void> => await untilWithin(what, check, 60_000);

before(async () => {
  if (noNats === undefined) server = await startNats();
});
after(async () => await server?.stop());

/** A node that looks at its rooms by itself only when the link comes up. */
async function node(t: TestContext, prefix: string, port = server.port): Promise<NatsBroker> {
  const url = `nats://127.0.0.1:${port}?prefix=${prefix}`;
  const broker = await NatsBroker.open({ url, clock: systemClock, ids: randomIds, checkIntervalMs: 3_600_000, patienceMs: 60_000 });
  t.after(async () => {
    broker.close();
    await broker.closed();
  });
  return broker;
}

async function publish(broker: NatsBroker, content: string, key?: string): Promise<BrokerOutcome> {
  const idempotency = key === undefined ? {} : { idempotency: { key, fingerprint: "f", windowMs: 60_000 } };
  return await broker.publish("room", { content, bytes: content.length, time: Date.now(), retention, ...idempotency });
}

async function publishAll(broker: NatsBroker, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++) assert.equal((await publish(broker, String(number))).outcome, "stored");
}

const epochOf = async (broker: NatsBroker): Promise<string> => (await broker.read("room", { newest: 0 })).top.epoch;

test(
  "contract 2: what another node stored in a new epoch is given to nobody as one of the old, however late a node hears of its end",
  skip,
  async (t) => {
    const prefix = `t${++count}`;
    const broker = await node(t, prefix);
    const ear = new Ear();
    await broker.subscribe("room", ear);
    await publishAll(broker, 0, 20);
    await until("all were heard", () => ear.messages.length === 20);
    const old = await epochOf(broker);
    // Another node, which ends the epoch, stores something at once, and is gone before it can say so.
    const { session } = await natsSession(t, server.port);
    const options = { name: `${prefix}_rooms`, prefix, token: "h", replicas: 1, clock: systemClock, epoch: randomIds.epoch };
    const stream = new RoomStream({ ...options, rotated: () => {}, changed: () => {} });
    await stream.refresh(session);
    await stream.rotate(session, old);
    await session.request(stream.subject("room"), writeRoomText({ tag: "new", time: Date.now(), fingerprint: "-", content: "new" }));
    await broker.ping();
    assert.deepEqual(ear.contents.slice(20), [], "it is not a message of the epoch that this node knows");
    // Its own publish finds the epoch over: nothing is stored, and nothing is acknowledged under the old one.
    assert.deepEqual(await publish(broker, "late"), { outcome: "unknown" });
    await until("the new epoch is told", () => ear.events.includes("insufficient"));
    const page = await broker.read("room", { offset: 0 });
    assert.deepEqual([page.top.epoch, page.messages.map(({ content }) => content)], [stream.epoch, ["new"]]);
    assert.equal((await publish(broker, "next")).outcome, "stored");
    await until("it is heard", () => ear.contents.at(-1) === "next");
  },
);

test(
  "contract 2: a publish that lands at or below what was seen is not acknowledged; the epoch ends, and the retry is stored",
  skip,
  async (t) => {
    const prefix = `t${++count}`;
    const broker = await node(t, prefix);
    const ear = new Ear();
    await broker.subscribe("room", ear);
    await publishAll(broker, 0, 20);
    const old = await epochOf(broker);
    // The stream comes back as it was before the first message, and no connection breaks: its server was another one of a cluster.
    const { session } = await natsSession(t, server.port);
    const api = new JetStream(session);
    const { config } = await api.info(`${prefix}_rooms`);
    await session.request(`$JS.API.STREAM.DELETE.${prefix}_rooms`, "");
    await api.create(config);
    assert.deepEqual(await publish(broker, "again", "k"), { outcome: "unknown" });
    assert.ok(ear.events.includes("insufficient"));
    assert.notEqual(await epochOf(broker), old);
    const { outcome } = await publish(broker, "again", "k");
    const { messages } = await broker.read("room", { offset: 0 });
    assert.deepEqual([outcome, messages.map(({ content }) => content)], ["stored", ["again"]]);
  },
);

test(
  "contract 2: the node that saw less is back first and goes on from the older copy: who saw more ends the epoch, and both are told",
  skip,
  async (t) => {
    const own = await startNats();
    t.after(async () => await own.stop());
    const proxies = [await FaultProxy.start(own.port), await FaultProxy.start(own.port)];
    t.after(async () => await Promise.all(proxies.map(async (proxy) => await proxy.stop())));
    const [more, less] = await Promise.all(proxies.map(async ({ port }) => await node(t, "p", port)));
    assert.ok(more !== undefined && less !== undefined);
    const ears = [new Ear(), new Ear()];
    await more.subscribe("room", ears[0] as Ear);
    await less.subscribe("room", ears[1] as Ear);
    await publishAll(more, 0, 20);
    await until("both heard them", () => ears.every(({ messages }) => messages.length === 20));
    const old = await epochOf(more);
    const [folder, copy] = [join(own.directory, "js"), join(own.directory, "copy")];
    await own.kill();
    cpSync(folder, copy, { recursive: true });
    proxies[1]?.refuse();
    await own.restart();
    await until("who saw more is back", () => more.isUp);
    await publishAll(more, 20, 60);
    await own.kill();
    rmSync(folder, { recursive: true });
    cpSync(copy, folder, { recursive: true });
    proxies[0]?.refuse();
    proxies[1]?.refuse(false);
    await own.restart();
    await until("who saw less is back", () => less.isUp);
    await publishAll(less, 100, 110);
    assert.equal(await epochOf(less), old, "it cannot know");
    proxies[0]?.refuse(false);
    await until("both are told", () => ears.every(({ events }) => events.includes("insufficient")));
    assert.notEqual(await epochOf(more), old);
    await until("they agree", async () => (await epochOf(less)) === (await epochOf(more)));
    const wrong = (ears[0] as Ear).messages.find(({ content, previous }) => Number(content) >= 100 && previous !== undefined);
    assert.equal(wrong, undefined, "what the older copy went on with is not told as what follows");
  },
);
