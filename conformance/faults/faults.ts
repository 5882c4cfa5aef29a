import assert from "node:assert/strict";
import { copyFileSync, cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { HistoryCounts } from "@openline/hub/testing";
import { FaultProxy, noRedis, RedisServer } from "@openline/testkit";
import { ServeProcess } from "../browser/serve-process.ts";
import { roomsOf, type Store, type Verdict, World } from "./world.ts";

/** Something that befalls the servers, and what must be true of it besides the contract. */
export interface Fault {
  readonly name: string;
  readonly store: Store;
  /** Messages flow when it begins, and go on afterwards. */
  readonly befall: (world: World, t: TestContext) => Promise<void>;
  readonly expect: (counts: HistoryCounts) => void;
}

/** Not `everysec`: while an fsync is slow Redis postpones its writes for up to 2 s, and acknowledges all the same. */
const persistent = ["redis", "--appendonly", "yes", "--appendfsync", "always"] as const;

/** Nobody was told to reload, because nothing was lost. */
function nothingLost(counts: HistoryCounts): void {
  const { insufficient, notRecovered, lostButTold } = counts;
  assert.deepEqual({ insufficient, notRecovered, lostButTold }, { insufficient: 0, notRecovered: 0, lostButTold: 0 });
}

/** The store lost something, and those who had it were told. */
function lostAndTold({ insufficient, notRecovered, lostButTold }: HistoryCounts): void {
  assert.ok(lostButTold > 0, "nothing was lost: the fault did not befall");
  assert.ok(insufficient + notRecovered > 0, "nobody was told");
}

const times = async (count: number, act: (round: number) => Promise<void>): Promise<void> => {
  for (let round = 0; round < count; round++) await act(round);
};

/** Every fault that the hub's contract speaks of, with real processes. */
export const faults: readonly Fault[] = [
  {
    name: "Redis is killed and started again with its file, twice: nothing is lost, nobody is told anything",
    store: persistent,
    befall: async (world) => {
      await times(2, async () => {
        await world.redis.kill();
        await world.redis.restart();
        await world.flow();
      });
    },
    expect: nothingLost,
  },
  {
    name: "Redis is killed and started again empty: every client is told",
    store: ["redis"],
    befall: async ({ redis }) => {
      await redis.kill();
      await redis.restart();
    },
    expect: lostAndTold,
  },
  {
    name: "Redis stops for 5 s and goes on: nothing is lost",
    store: ["redis"],
    befall: async ({ redis }) => {
      redis.signal("SIGSTOP");
      await delay(5_000);
      redis.signal("SIGCONT");
    },
    expect: nothingLost,
  },
  {
    name: "the connections to Redis are cut again and again: what was missed is healed",
    store: ["redis"],
    befall: async ({ proxies }) => {
      await times(12, async (round) => {
        proxies[round % 2]?.cut();
        await delay(100 + Math.random() * 250);
      });
    },
    expect: nothingLost,
  },
  {
    name: "an older file of Redis is put back under the same epoch: whoever saw more is told",
    store: persistent,
    befall: async (world) => {
      const { redis, folder } = world;
      const copy = join(folder, "copy");
      cpSync(redis.directory, copy, { recursive: true });
      await world.flow(150);
      await redis.kill();
      rmSync(join(redis.directory, "appendonlydir"), { recursive: true });
      cpSync(copy, redis.directory, { recursive: true });
      await redis.restart();
    },
    expect: lostAndTold,
  },
  {
    name: "the roll-back case: Redis falls back and grows past the old offset, and no node is left that knew more: the tags alone tell",
    store: persistent,
    befall: async (world) => {
      const { redis, folder } = world;
      const copy = join(folder, "copy");
      cpSync(redis.directory, copy, { recursive: true });
      await world.flow(150);
      const before = await world.rooms();
      for (const node of world.nodes) await node.kill();
      await redis.kill();
      rmSync(join(redis.directory, "appendonlydir"), { recursive: true });
      cpSync(copy, redis.directory, { recursive: true });
      await redis.restart();
      await growPast(before, redis.url);
      for (const node of world.nodes) await node.start();
    },
    expect: lostAndTold,
  },
  {
    name: "a lagging replica is promoted while publishing goes on past the old offset: whoever saw more is told",
    store: ["redis"],
    befall: async (world, t) => await promote(world, t),
    expect: lostAndTold,
  },
  {
    name: "a hub node is killed under load and comes again: its clients go to the other, and nothing is lost",
    store: ["redis"],
    befall: async (world) => {
      await world.node(0).kill();
      await world.flow(200);
      await world.node(0).start();
      await world.flow();
      await world.node(1).kill();
      await world.node(1).start();
    },
    expect: nothingLost,
  },
  ...(["os", "fsync"] as const).map((durability): Fault => {
    return {
      name: `a server that keeps its rooms in a directory (${durability}) is killed amid publishing, twice: nothing acknowledged is lost, clients recover`,
      store: ["data", durability],
      befall: async (world) => {
        await times(2, async () => {
          await world.node(0).kill();
          await world.node(0).start();
          await world.flow();
        });
      },
      expect: nothingLost,
    };
  }),
  ...(["memory", "data"] as const).map((where): Fault => {
    return {
      name: `one of three workers is killed amid publishing, three times, rooms in the primary (${where}): nothing is lost, everyone recovers`,
      store: ["workers", where],
      befall: async (world) => {
        await times(3, async (round) => {
          const workers = world.node(0).workers;
          process.kill(workers[round % workers.length] ?? assert.fail("there is no worker"), "SIGKILL");
          await world.flow();
        });
      },
      expect: nothingLost,
    };
  }),
  {
    name: "a primary that keeps its rooms in a directory is killed amid publishing: its workers end with it, and the next one loses nothing",
    store: ["workers", "data"],
    befall: async (world) => {
      await world.node(0).kill();
      await world.node(0).start();
    },
    expect: nothingLost,
  },
  {
    name: "an older copy of a server's directory is put back: whoever saw more is told",
    store: ["data", "os"],
    befall: async (world) => {
      const [data, copy] = [join(world.folder, "data"), join(world.folder, "copy")];
      await world.node(0).kill();
      cpSync(data, copy, { recursive: true });
      await world.node(0).start();
      await world.flow(200);
      await world.node(0).kill();
      rmSync(data, { recursive: true });
      cpSync(copy, data, { recursive: true });
      await world.node(0).start();
    },
    expect: lostAndTold,
  },
  {
    name: "a server with its rooms in memory is killed: every client is told",
    store: "memory",
    befall: async (world) => {
      await world.node(0).kill();
      await world.node(0).start();
    },
    expect: lostAndTold,
  },
];

/** Fills each room beyond where it was, by a node that none of the clients knows. */
async function growPast(before: ReadonlyMap<string, number>, url: string): Promise<void> {
  const node = await ServeProcess.start("/", "--log-level", "warn", "--broker", url);
  try {
    const now = await roomsOf(node.url);
    for (const [room, offset] of before) {
      for (let count = (now.get(room) ?? 0) - 3; count < offset; count++) await node.post(room, '"another history"', "application/json");
    }
  } finally {
    await node.kill();
  }
}

/** What the replica has when it hears nothing more goes on at the master's address. */
async function promote(world: World, t: TestContext): Promise<void> {
  const { redis } = world;
  const proxy = await FaultProxy.start(redis.port);
  const replica = await RedisServer.start("--replicaof", `127.0.0.1 ${proxy.port}`, "--dbfilename", "replica.rdb");
  t.after(async () => (await replica.stop(), await proxy.stop()));
  while (!(await replica.ask("INFO replication")).includes("master_link_status:up")) await delay(50);
  proxy.refuse();
  proxy.cut();
  await world.flow(150);
  assert.match(await replica.ask("REPLICAOF NO ONE"), /OK/);
  assert.match(await replica.ask("SAVE"), /OK/);
  await redis.kill();
  copyFileSync(join(replica.directory, "replica.rdb"), join(redis.directory, "dump.rdb"));
  await redis.restart();
}

/** Whether it befalls Redis itself, or the line to it. */
export const isOfRedis = ({ name }: Fault): boolean => /Redis|replica/.test(name);

/** Why a fault cannot be tried here. */
export const skipOf = ({ store }: Fault): { readonly skip?: string } =>
  typeof store === "object" && store[0] === "redis" && noRedis !== undefined ? { skip: noRedis } : {};

/** Lets a fault befall a world of its own, under the clients of a seed. `longer` times in a row. */
export async function play(t: TestContext, fault: Fault, seed: number, longer = 1): Promise<void> {
  const world = await World.start(t, fault.store);
  const verdict = await world.verify(seed, async () => await times(longer, async () => await fault.befall(world, t)));
  t.diagnostic(`seed ${seed}: ${JSON.stringify(verdict.counts)}`);
  assert.ok(verdict.held, explain(seed, verdict));
  assert.ok(verdict.settled, `seed ${seed}: not everyone came back and up to date`);
  assert.ok(verdict.counts.acknowledged > 120, `seed ${seed}: only ${verdict.counts.acknowledged} messages were stored`);
  fault.expect(verdict.counts);
}

function explain(seed: number, { violations }: Verdict): string {
  const [first] = violations;
  return `seed ${seed}: ${violations.length} violations; the first: ${first?.kind}: ${first?.text}\n${first?.context.join("\n")}`;
}
