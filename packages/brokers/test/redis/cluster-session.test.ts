import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { brokerContract } from "@openline/hub/testing";
import { noRedis, RedisCluster } from "@openline/testkit";
import { RedisBroker } from "../../src/redis/index.ts";
import { redisSessions } from "../../src/redis/open-redis.ts";
import { readRedisAddress } from "../../src/redis/redis-address.ts";
import type { RedisSession } from "../../src/redis/redis-session.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock, until } from "../support/system-clock.ts";

let cluster: RedisCluster;
let count = 0;
const skip = noRedis === undefined ? {} : { skip: noRedis };

before(async () => {
  if (noRedis === undefined) cluster = await RedisCluster.start();
});
after(async () => await cluster?.stop());

brokerContract({
  name: "redis cluster",
  test: (name, check) => test(name, skip, check),
  open: async () => {
    const url = `${cluster.url}&prefix=t${++count}`;
    const open = async (): Promise<RedisBroker> => await RedisBroker.open({ url, clock: systemClock, ids: randomIds });
    const [broker, other] = [await open(), await open()];
    return {
      broker,
      other,
      now: () => Date.now(),
      windowMs: 300,
      pass: async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)),
      settle: async () => {
        for (const one of [broker, other, broker, other]) await one.ping();
      },
      close: () => {
        broker.close();
        other.close();
      },
    };
  },
});

async function openSession(t: TestContext, url = cluster.url): Promise<{ session: RedisSession; heard: string[] }> {
  const heard: string[] = [];
  const open = await redisSessions(readRedisAddress(url), undefined, 2000);
  const events = { message: (text: string, channel: string) => heard.push(`${channel}: ${text}`), lost: () => heard.push("lost") };
  const session = await open(events, new AbortController().signal);
  t.after(() => session.destroy());
  return { session, heard };
}

const channels = Array.from({ length: 12 }, (_, index) => `{c${index}}`);

test("channels are heard from the masters of their slots, and a ping comes behind all that was told before it", skip, async (t) => {
  const { session, heard } = await openSession(t);
  await session.subscribe(channels);
  for (const channel of channels) await session.command(channel, ["SPUBLISH", channel, "one"]);
  await session.ping();
  assert.deepEqual(heard.toSorted(), channels.map((channel) => `${channel}: one`).toSorted());
  heard.length = 0;
  for (const channel of channels) await session.unsubscribe(channel);
  for (const channel of channels) await session.command(channel, ["SPUBLISH", channel, "two"]);
  await session.ping();
  assert.deepEqual(heard, [], "nothing, and no loss though the last channel of a master was left");
});

test("a ping is answered while the first channel of a master is taken up and the last one left", skip, async (t) => {
  const { session, heard } = await openSession(t);
  const over = new AbortController();
  const pings = Array.from({ length: 4 }, async () => {
    while (!over.signal.aborted) await session.ping();
  });
  const changes = (async () => {
    for (let round = 0; round < 15; round++) {
      await session.subscribe(channels.slice(0, 3));
      await Promise.all(channels.slice(0, 3).map(async (channel) => await session.unsubscribe(channel)));
    }
    over.abort();
  })();
  await Promise.all([...pings, changes]);
  assert.deepEqual(heard, []);
});

test("a scan goes over all masters", skip, async (t) => {
  const { session } = await openSession(t);
  const keys = Array.from({ length: 300 }, (_, index) => `scan:${index}`);
  for (const key of keys) await session.command(key, ["SET", key, "1"]);
  const found: string[] = [];
  for await (const part of session.scan("scan:*")) found.push(...part);
  assert.deepEqual(found.toSorted(), keys.toSorted());
});

test("a master that dies is told once, whichever it is; the next session is found through the nodes that were seen", skip, async (t) => {
  const own = await RedisCluster.start();
  t.after(async () => await own.stop());
  const [first] = own.masters;
  const heard: string[] = [];
  const open = await redisSessions(readRedisAddress(`redis://127.0.0.1:${first?.port}?cluster=true`), undefined, 2000);
  const events = { message: () => undefined, lost: () => heard.push("lost") };
  const session = await open(events, new AbortController().signal);
  await session.subscribe(channels);
  await first?.kill();
  await until("the loss is told", () => heard.length > 0);
  let next: RedisSession | undefined;
  await until(
    "a replica has taken over",
    async () => {
      next = await open(events, new AbortController().signal).catch(() => undefined);
      return next !== undefined;
    },
    20_000,
  );
  t.after(() => next?.destroy());
  for (const channel of channels) assert.equal(await next?.command(channel, ["SPUBLISH", channel, "x"]), 0);
  assert.deepEqual(heard, ["lost"]);
});

test("a cluster that does not serve all slots is not up", skip, async (t) => {
  const own = await RedisCluster.start();
  t.after(async () => await own.stop());
  const [first] = own.masters;
  assert.match((await first?.ask("CLUSTER DELSLOTS 0")) ?? "", /OK/);
  await until("it is down", async () => /cluster_state:fail/.test((await first?.ask("CLUSTER INFO")) ?? ""));
  await assert.rejects(openSession(t, own.url), /the cluster is down/);
});
