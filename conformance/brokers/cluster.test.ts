// Server processes on a real Redis Cluster: sharded pub/sub, a master that dies or hangs; the built binary and the real client.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { noRedis, RedisCluster, type RedisServer } from "@openline/testkit";
import { connect, type Listener, listen, startNode, until, Writer } from "../../packages/cli/test/nodes-fixture.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };
const history = ["--history-messages", "100000", "--history-bytes", "100000000"];

interface World {
  readonly cluster: RedisCluster;
  readonly listeners: readonly Listener[];
  readonly writers: readonly Writer[];
  readonly master: RedisServer;
  verdict(): Promise<void>;
}

/** Two server processes on a cluster, a client and a writer on each. */
async function world(t: TestContext): Promise<World> {
  const cluster = await RedisCluster.start();
  t.after(async () => await cluster.stop());
  const nodes = [await startNode(t, cluster.url, ...history), await startNode(t, cluster.url, ...history)];
  const listeners = await Promise.all(nodes.map(async ({ port }) => await listen(connect(t, port), "lobby")));
  const writers = nodes.map(({ port }, index) => new Writer(`w${index}`, connect(t, port)));
  await until("messages flow", () => listeners.every(({ messages }) => messages.length > 100));
  const verdict = async (): Promise<void> => {
    const goals = listeners.map(({ messages }) => messages.length + 100);
    await until("messages flow again", () => listeners.every(({ messages }, index) => messages.length > (goals[index] ?? 0)), 40_000);
    for (const writer of writers) await writer.stop();
    const [one] = listeners;
    const { position } = (await one?.client.publish("lobby", "last")) ?? {};
    await until("all stand at the end", () => listeners.every(({ room }) => room.position === position), 20_000);
    for (const listener of listeners) checkHeard(t, listener, writers);
    const sessions = listeners.map(({ client }) => client.session ?? "").toSorted();
    for (const listener of listeners) await until("all know who is there", () => listener.sessions().join() === sessions.join(), 20_000);
  };
  return { cluster, listeners, writers, master: await cluster.masterOf("openline:m:{lobby}"), verdict };
}

/** Replication within a cluster is asynchronous: what a master acknowledged may die with it. Then every client must have been told. */
function checkHeard(t: TestContext, { events, data }: Listener, writers: readonly Writer[]): void {
  const heard = data();
  const set = new Set(heard);
  const missing = writers.flatMap(({ acknowledged }) => acknowledged).filter((text) => !set.has(text));
  const wasTold = events.includes("insufficient");
  t.diagnostic(
    `heard ${heard.length}, missing ${missing.length}, ${wasTold ? "told" : "not told"}, unknown ${writers.map(({ unknown }) => unknown).join("+")}`,
  );
  assert.equal(set.size, heard.length, "nothing came twice");
  if (!wasTold) assert.deepEqual(missing, [], "acknowledged, missing, and nobody was told");
}

test(
  "Redis Cluster: the master of a room is killed under load: its replica takes over, publishing goes on, nothing is lost without a word",
  skip,
  async (t) => {
    const { master, listeners, verdict } = await world(t);
    const from = performance.now();
    await master.kill();
    const before = listeners.map(({ messages }) => messages.length);
    await until(
      "messages flow on both nodes",
      () => listeners.every(({ messages }, index) => messages.length > (before[index] ?? 0) + 20),
      40_000,
    );
    t.diagnostic(`messages again after ${Math.round(performance.now() - from)} ms`);
    await verdict();
  },
);

test("Redis Cluster: the master of a room hangs: noticed, its replica takes over, and its coming back changes nothing", skip, async (t) => {
  const { master, listeners, verdict } = await world(t);
  const from = performance.now();
  master.signal("SIGSTOP");
  const before = listeners.map(({ messages }) => messages.length);
  await until(
    "messages flow on both nodes",
    () => listeners.every(({ messages }, index) => messages.length > (before[index] ?? 0) + 20),
    40_000,
  );
  t.diagnostic(`messages again after ${Math.round(performance.now() - from)} ms`);
  master.signal("SIGCONT");
  await verdict();
});

test("Redis Cluster: the slot of a room moves to another master under load: nothing is lost without a word", skip, async (t) => {
  const { cluster, master, listeners, verdict } = await world(t);
  const target = cluster.masters.find((server) => server !== master) ?? assert.fail();
  await moveSlot(cluster, master, target, "openline:m:{lobby}");
  assert.equal(await cluster.masterOf("openline:m:{lobby}"), target);
  await until("messages flow on both nodes", () => listeners.every(({ messages }) => messages.length > 120), 40_000);
  await verdict();
});

/** As `redis-cli --cluster reshard` does it for one slot. */
async function moveSlot(cluster: RedisCluster, from: RedisServer, to: RedisServer, key: string): Promise<void> {
  const slot = Number((await from.ask(`CLUSTER KEYSLOT ${key}`)).slice(1));
  const idOf = async (server: RedisServer): Promise<string> => /\r\n(\w{40})/.exec(await server.ask("CLUSTER MYID"))?.[1] ?? assert.fail();
  const [source, target] = [await idOf(from), await idOf(to)];
  assert.match(await to.ask(`CLUSTER SETSLOT ${slot} IMPORTING ${source}`), /OK/);
  assert.match(await from.ask(`CLUSTER SETSLOT ${slot} MIGRATING ${target}`), /OK/);
  for (;;) {
    const keys = (await from.ask(`CLUSTER GETKEYSINSLOT ${slot} 20`)).split("\r\n").filter((line) => line.startsWith("openline:"));
    if (keys.length === 0) break;
    assert.match(await from.ask(["MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS", ...keys]), /OK/);
  }
  for (const server of [to, from, ...cluster.masters]) assert.match(await server.ask(`CLUSTER SETSLOT ${slot} NODE ${target}`), /OK/);
}
