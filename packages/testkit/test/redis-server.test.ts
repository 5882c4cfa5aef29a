import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { noRedis, RedisServer } from "../src/redis-server.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };

test("a real Redis keeps its port and directory over a kill, and leaves nothing behind", skip, async (t) => {
  const server = await RedisServer.start("--appendonly", "yes");
  t.after(async () => await server.stop());
  assert.equal(await server.ask("SET a 1"), "+OK\r\n");
  assert.equal(await server.ask(["APPEND", "b", 'a "naïve" text']), ":15\r\n");
  await server.kill();
  await assert.rejects(server.ask("PING"));
  await server.restart();
  assert.equal(await server.ask("GET a"), "$1\r\n1\r\n");
  await server.stop();
  assert.ok(!existsSync(server.directory));
});

test("a stopped Redis accepts and does not answer until it goes on", skip, async (t) => {
  const server = await RedisServer.start();
  t.after(async () => await server.stop());
  server.signal("SIGSTOP");
  let answer: string | undefined;
  const asked = server.ask("PING").then((text) => (answer = text));
  await new Promise((resolve) => setTimeout(resolve, 50)); // what must not come cannot be waited for otherwise
  assert.equal(answer, undefined);
  server.signal("SIGCONT");
  assert.equal(await asked, "+PONG\r\n");
});

test("what Redis does not start with is told, after it was tried on several ports", skip, async () => {
  await assert.rejects(RedisServer.start("--no-such-option", "1"), /ended with 1/);
});
