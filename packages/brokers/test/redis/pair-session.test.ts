import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { noRedis, RedisServer } from "@openline/testkit";
import { redisSessions } from "../../src/redis/open-redis.ts";
import { readRedisAddress } from "../../src/redis/redis-address.ts";
import type { RedisSession } from "../../src/redis/redis-session.ts";
import { until } from "../support/system-clock.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };

let shared: RedisServer;
before(async () => {
  if (noRedis === undefined) shared = await RedisServer.start();
});
after(async () => await shared?.stop());

async function openSession(t: TestContext, server = shared): Promise<{ session: RedisSession; heard: string[] }> {
  const heard: string[] = [];
  const open = await redisSessions(readRedisAddress(server.url), undefined, 1000);
  const events = { message: (text: string, channel: string) => heard.push(`${channel}: ${text}`), lost: () => heard.push("lost") };
  const session = await open(events, new AbortController().signal);
  t.after(() => session.destroy());
  return { session, heard };
}

test("a session's channels are heard until they are left, and a ping comes behind all that was told before it", skip, async (t) => {
  const { session, heard } = await openSession(t);
  await session.subscribe(["a", "b"]);
  await session.command("", ["PUBLISH", "a", "one"]);
  await session.ping();
  await session.unsubscribe("a");
  await session.command("", ["PUBLISH", "a", "two"]);
  await session.command("", ["PUBLISH", "b", "three"]);
  await session.ping();
  assert.deepEqual(heard, ["a: one", "b: three"]);
  assert.match(String(await session.command("", ["CLIENT", "LIST"])), / sub=1 .* cmd=ping /, "both connections were asked");
});

test("a server's error rejects the command and leaves the session whole", skip, async (t) => {
  const { session, heard } = await openSession(t);
  await assert.rejects(session.command("k", ["NO-SUCH-COMMAND"]), /unknown command/);
  assert.equal(await session.command("k", ["ECHO", "still here"]), "still here");
  assert.deepEqual(heard, []);
});

test("a server that dies is told once, though two connections break", skip, async (t) => {
  const server = await RedisServer.start();
  t.after(async () => await server.stop());
  const { session, heard } = await openSession(t, server);
  await server.kill();
  await until("the loss is told", () => heard.length > 0);
  await assert.rejects(session.command("k", ["PING"]));
  assert.deepEqual(heard, ["lost"]);
});

test("what one ends oneself is no loss, and leaves no connection open", skip, async (t) => {
  const { session, heard } = await openSession(t);
  session.destroy();
  session.destroy();
  await until("the server has only this question's connection", async () => /connected_clients:1\r/.test(await shared.ask("INFO clients")));
  assert.deepEqual(heard, []);
});
