import assert from "node:assert/strict";
import { copyFileSync, cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Hub, type HubEvent } from "@openline/hub";
import { FaultProxy, noRedis, RedisServer } from "@openline/testkit";
import { RedisBroker, type RedisEvent } from "../../src/redis/index.ts";
import { CheckedClient, Checker } from "../support/checker.ts";
import { randomIds } from "../support/random-ids.ts";
import { scratch } from "../support/scratch.ts";
import { systemClock, until } from "../support/system-clock.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };
/** Not `everysec`: while an fsync is slow Redis postpones its writes for up to 2 s, and acknowledges all the same. */
const persistent = ["--appendonly", "yes", "--appendfsync", "always"] as const;

/** Two hub nodes on one Redis, three checked clients, and publishers that never rest. */
class World {
  readonly server: RedisServer;
  readonly checker: Checker = new Checker();
  readonly brokers: RedisBroker[] = [];
  readonly hubs: Hub[] = [];
  readonly clients: CheckedClient[] = [];
  readonly events: HubEvent[] = [];
  readonly link: RedisEvent[] = [];
  readonly proxies: FaultProxy[] = [];
  #publishing: Promise<unknown>[] = [];
  isPublishing = false;

  private constructor(server: RedisServer) {
    this.server = server;
  }

  static async start(t: TestContext, server: RedisServer): Promise<World> {
    const world = new World(server);
    t.after(async () => await world.stop());
    for (const node of ["E", "W"]) await world.#node(node);
    for (const [index, hub] of [...world.hubs, ...world.hubs].entries()) {
      const client = new CheckedClient(`c${index}`, world.checker);
      client.connect(hub);
      await client.join();
      world.clients.push(client);
    }
    return world;
  }

  /** Begins to publish on both nodes; resolves when messages flow. */
  async publishAll(): Promise<void> {
    this.isPublishing = true;
    this.#publishing = this.hubs.map(async (hub, index) => await this.#publishOn(hub, index));
    await this.flow();
  }

  /** Resolves when so many more messages came to every client that is there. */
  async flow(count = 20): Promise<void> {
    const goals = this.clients.filter(({ isThere }) => isThere).map((client) => ({ client, goal: client.delivered + count }));
    await until("messages flow", () => goals.every(({ client, goal }) => client.delivered >= goal), 20_000);
  }

  /** Everything that was begun is over, and every client stands where the store does. */
  async verdict(): Promise<void> {
    this.isPublishing = false;
    await Promise.all(this.#publishing);
    const last = this.hubs[0] ?? assert.fail();
    await until("a last message is stored", async () => (await last.publish("room", { data: "last" })).outcome === "stored");
    const top = async (): Promise<string> => {
      const rooms = await last.rooms();
      return rooms.find(({ room }) => room === "room")?.position ?? "";
    };
    const end = await top();
    await until("all clients stand at the top", () => this.clients.every((client) => client.position === end));
    this.checker.verdict(this.clients);
    assert.deepEqual(await top(), end);
  }

  async #node(node: string): Promise<void> {
    const proxy = await FaultProxy.start(this.server.port);
    this.proxies.push(proxy);
    const broker = await RedisBroker.open({
      url: `redis://127.0.0.1:${proxy.port}`,
      clock: systemClock,
      ids: randomIds,
      checkIntervalMs: 500,
      log: (event) => this.link.push(event),
    });
    this.brokers.push(broker);
    this.hubs.push(new Hub({ clock: systemClock, ids: randomIds, broker, node, log: (event) => this.events.push(event) }));
  }

  async #publishOn(hub: Hub, lane: number): Promise<void> {
    for (let sequence = 0; this.isPublishing; sequence++) {
      const outcome = await hub.publish("room", { data: `${lane} ${sequence}`, id: `${lane}-${sequence}` });
      if (outcome.outcome === "stored" || outcome.outcome === "duplicate")
        this.checker.acknowledge(outcome.position, `${lane} ${sequence}`);
      else {
        assert.equal(outcome.outcome, "unknown");
        this.checker.unknown++;
        // Again with the same id, as a client of the hub does.
        sequence--;
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async stop(): Promise<void> {
    this.isPublishing = false;
    for (const hub of this.hubs) hub.close();
    for (const broker of this.brokers) broker.close();
    for (const proxy of this.proxies) await proxy.stop();
    await this.server.stop();
  }
}

test("Redis killed and started again with its file loses nothing: no client is told anything, offline ones recover", skip, async (t) => {
  const world = await World.start(t, await RedisServer.start(...persistent));
  await world.publishAll();
  const [away] = world.clients;
  away?.disconnect();
  for (let round = 0; round < 3; round++) {
    await world.server.kill();
    await world.server.restart();
    await until("the link is up again", () => world.brokers.every(({ isUp }) => isUp));
    await until("publishing goes on", async () => (await world.hubs[0]?.publish("room", { data: round }))?.outcome === "stored");
  }
  away?.connect(world.hubs[0] ?? assert.fail());
  await away?.join();
  await world.flow();
  await world.verdict();
  t.diagnostic(world.checker.summary());
  assert.equal(away?.recoveredTrue, 1);
  assert.equal(world.checker.lostOf(world.clients), 0);
  assert.deepEqual(
    world.clients.map(({ insufficient }) => insufficient),
    [0, 0, 0, 0],
  );
});

test("Redis killed and started again empty: every client is told, and nobody recovers falsely", skip, async (t) => {
  const world = await World.start(t, await RedisServer.start());
  await world.publishAll();
  const [away] = world.clients;
  away?.disconnect();
  await world.server.kill();
  await world.server.restart();
  await until("the link is up again", () => world.brokers.every(({ isUp }) => isUp));
  away?.connect(world.hubs[0] ?? assert.fail());
  await away?.join();
  await world.flow();
  await world.verdict();
  t.diagnostic(world.checker.summary());
  assert.deepEqual([away?.recoveredTrue, away?.recoveredFalse], [0, 1]);
  for (const client of world.clients.slice(1)) assert.ok(client.insufficient >= 1, `${client.name} was not told`);
});

test(
  "the watchdog notices a Redis that stops answering (SIGSTOP, 6 s) within 5 s while publishing goes on, and nothing is lost",
  skip,
  async (t) => {
    const world = await World.start(t, await RedisServer.start());
    await world.publishAll();
    world.server.signal("SIGSTOP");
    const from = performance.now();
    await until("the watchdog barks", () => world.link.some(({ type }) => type === "down"), 5_000);
    t.diagnostic(`noticed after ${Math.round(performance.now() - from)} ms`);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 6_000 - (performance.now() - from))));
    world.server.signal("SIGCONT");
    await world.flow();
    await world.verdict();
    t.diagnostic(world.checker.summary());
    assert.equal(world.checker.lostOf(world.clients), 0);
    assert.ok(world.checker.unknown > 0);
  },
);

test("connections cut again and again: what was missed is healed, and nothing is lost, doubled or out of order", skip, async (t) => {
  const world = await World.start(t, await RedisServer.start());
  await world.publishAll();
  for (let round = 0; round < 12; round++) {
    world.proxies[round % 2]?.cut();
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 200));
  }
  await world.flow();
  await world.verdict();
  t.diagnostic(world.checker.summary());
  assert.equal(world.checker.lostOf(world.clients), 0);
  assert.deepEqual(
    world.clients.map(({ insufficient }) => insufficient),
    [0, 0, 0, 0],
  );
});

test(
  "an older file put back under the same epoch: every client that saw more is told, those who come with the old position too",
  skip,
  async (t) => {
    const world = await World.start(t, await RedisServer.start(...persistent));
    await world.publishAll();
    const copy = join(scratch(t), "copy");
    cpSync(world.server.directory, copy, { recursive: true });
    await world.flow(60);
    const [away] = world.clients;
    away?.disconnect();
    await world.server.kill();
    rmSync(join(world.server.directory, "appendonlydir"), { recursive: true });
    cpSync(copy, world.server.directory, { recursive: true });
    await world.server.restart();
    await world.flow(300);
    away?.connect(world.hubs[1] ?? assert.fail());
    await away?.join();
    await world.flow();
    await world.verdict();
    t.diagnostic(world.checker.summary());
    assert.deepEqual([away?.recoveredTrue, away?.recoveredFalse], [0, 1]);
    for (const client of world.clients.slice(1)) assert.ok(client.insufficient >= 1, `${client.name} was not told`);
  },
);

test(
  "a lagging replica is promoted while publishing goes on past the old offset: the tags tell, nobody recovers falsely",
  skip,
  async (t) => {
    const world = await World.start(t, await RedisServer.start());
    const proxy = await FaultProxy.start(world.server.port);
    const replica = await RedisServer.start("--replicaof", `127.0.0.1 ${proxy.port}`, "--dbfilename", "replica.rdb");
    t.after(async () => (await replica.stop(), await proxy.stop()));
    await until("the replica is in step", async () => /master_link_status:up/.test(await replica.ask("INFO replication")));
    await world.publishAll();
    // From here on the replica hears nothing more.
    proxy.refuse();
    proxy.cut();
    await world.flow(60);
    const [away] = world.clients;
    away?.disconnect();
    // Promotion: what the replica has goes on at the master's address.
    assert.match(await replica.ask("REPLICAOF NO ONE"), /OK/);
    assert.match(await replica.ask("SAVE"), /OK/);
    await world.server.kill();
    copyFileSync(join(replica.directory, "replica.rdb"), join(world.server.directory, "dump.rdb"));
    await world.server.restart();
    await world.flow(300);
    away?.connect(world.hubs[1] ?? assert.fail());
    await away?.join();
    await world.flow();
    await world.verdict();
    t.diagnostic(world.checker.summary());
    assert.deepEqual([away?.recoveredTrue, away?.recoveredFalse], [0, 1]);
    for (const client of world.clients.slice(1)) assert.ok(client.insufficient >= 1, `${client.name} was not told`);
  },
);
