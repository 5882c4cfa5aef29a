// The roll-back case on a real Redis: the store falls from 100 to 80 under the same epoch and grows past 100.
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { encodePosition, Hub } from "@openline/hub";
import { FaultProxy, noRedis, RedisServer } from "@openline/testkit";
import { RedisBroker } from "../../src/redis/index.ts";
import { CheckedClient, Checker } from "../support/checker.ts";
import { randomIds } from "../support/random-ids.ts";
import { scratch } from "../support/scratch.ts";
import { systemClock, until } from "../support/system-clock.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };

interface World {
  readonly server: RedisServer;
  /** Between the hub and Redis. */
  readonly proxy: FaultProxy;
  readonly hub: Hub;
  readonly broker: RedisBroker;
  publish(from: number, to: number): Promise<string[]>;
  /** Puts the copy of the files back, as they were at 80. */
  fallBack(): Promise<void>;
}

async function node(t: TestContext, url: string): Promise<{ hub: Hub; broker: RedisBroker }> {
  const broker = await RedisBroker.open({ url, clock: systemClock, ids: randomIds, checkIntervalMs: 300, watchdogMs: 2_000 });
  const hub = new Hub({ clock: systemClock, ids: randomIds, broker });
  t.after(() => {
    hub.close();
    broker.close();
  });
  return { hub, broker };
}

/** A room at 100, and the copy of its store at 80. */
async function world(t: TestContext): Promise<World & { readonly positions: readonly string[] }> {
  const server = await RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
  t.after(async () => await server.stop());
  const proxy = await FaultProxy.start(server.port);
  t.after(async () => await proxy.stop());
  const { hub, broker } = await node(t, `redis://127.0.0.1:${proxy.port}`);
  const publish = async (from: number, to: number): Promise<string[]> => {
    const positions: string[] = [];
    for (let number = from; number <= to; number++) {
      const outcome = await hub.publish("room", { data: number });
      assert.ok(outcome.outcome === "stored" || outcome.outcome === "duplicate");
      positions.push(outcome.position);
    }
    return positions;
  };
  const positions = await publish(1, 80);
  const copy = join(scratch(t), "copy");
  cpSync(server.directory, copy, { recursive: true });
  positions.push(...(await publish(81, 100)));
  const fallBack = async (): Promise<void> => {
    await server.kill();
    rmSync(join(server.directory, "appendonlydir"), { recursive: true });
    cpSync(copy, server.directory, { recursive: true });
    await server.restart();
  };
  return { server, proxy, hub, broker, publish, fallBack, positions };
}

async function joinAt(hub: Hub, position: string | undefined): Promise<CheckedClient> {
  const client = new CheckedClient("client", new Checker());
  client.position = position;
  client.connect(hub);
  await client.join();
  return client;
}

test(
  "contract 2: tags: Redis falls from 100 to 80 and grows past 100: a client at the old 100 is told recovered false, one at the shared 80 true",
  skip,
  async (t) => {
    const { server, publish, fallBack, positions, broker } = await world(t);
    await fallBack();
    await until("the link is up", () => broker.isUp);
    const [newest] = (await publish(81, 120)).slice(-1);
    const { top } = await broker.read("room", { newest: 0 });
    assert.deepEqual([top.offset, encodePosition(top)], [120, newest]);
    assert.equal(top.epoch, positions[99]?.split(".")[0], "the epoch is the same: it proves nothing here");
    // A node that knows nothing of before: only the tags can tell.
    const { hub } = await node(t, server.url);
    const old = await joinAt(hub, positions[99]);
    assert.deepEqual([old.recoveredTrue, old.recoveredFalse, old.delivered], [0, 1, 0]);
    const shared = await joinAt(hub, positions[79]);
    assert.deepEqual([shared.recoveredTrue, shared.recoveredFalse], [1, 0]);
    await until("all 40 come", () => shared.delivered === 40);
    assert.equal(shared.failure, undefined);
  },
);

test(
  "contract 2: insufficient and epoch rotation: a node that stands at the old 100 tells its clients when Redis falls back to 80, and no position of before proves anything",
  skip,
  async (t) => {
    const { hub, fallBack, publish, positions, broker } = await world(t);
    const there = await joinAt(hub, positions[99]);
    assert.equal(there.recoveredTrue, 1);
    const [epoch] = positions[99]?.split(".") ?? [];
    await fallBack();
    // The position check finds it, though nobody publishes.
    await until("it is told", () => there.insufficient === 1);
    assert.notEqual((await broker.read("room", { newest: 0 })).top.epoch, epoch);
    await until("the link is up", () => broker.isUp);
    await publish(81, 120);
    await until("the new ones come", () => there.delivered === 40);
    assert.equal(there.failure, undefined);
    for (const index of [99, 79]) assert.equal((await joinAt(hub, positions[index])).recoveredFalse, 1, `the old ${index + 1}`);
  },
);

for (const end of [90, 120]) {
  test(
    `contract 2: insufficient and epoch rotation: nor when another node that saw less goes on to ${end} before the node looks`,
    skip,
    async (t) => {
      const { hub, broker, server, proxy, fallBack, positions } = await world(t);
      const there = await joinAt(hub, positions[99]);
      proxy.refuse();
      proxy.cut();
      await fallBack();
      // Another node, which knows nothing, publishes at once.
      const { hub: other } = await node(t, server.url);
      for (let number = 81; number <= end; number++) await other.publish("room", { data: number });
      assert.equal(broker.isUp, false);
      assert.equal(there.insufficient, 0);
      proxy.refuse(false);
      await until("it is told", () => there.insufficient >= 1);
      const { position } = (await other.publish("room", { data: "last" })) as { position: string };
      await until("it goes on", () => there.position === position);
      assert.equal(there.failure, undefined);
    },
  );
}
