import assert from "node:assert/strict";
import { test } from "node:test";
import { noRedis, RedisServer } from "@openline/testkit";
import { RedisBroker, type RedisEvent } from "../../src/redis/index.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock, until } from "../support/system-clock.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };

// What befalls rooms and clients then, and all other faults, is in conformance/faults.
test("a Redis that stops answering is noticed within 5 s by the defaults, and used again when it answers", skip, async (t) => {
  const server = await RedisServer.start();
  t.after(async () => await server.stop());
  const events: RedisEvent[] = [];
  const broker = await RedisBroker.open({ url: server.url, clock: systemClock, ids: randomIds, log: (event) => events.push(event) });
  t.after(() => broker.close());
  server.signal("SIGSTOP");
  const from = performance.now();
  await until("the watchdog barks", () => events.some(({ type }) => type === "down"), 5_000);
  t.diagnostic(`noticed after ${Math.round(performance.now() - from)} ms`);
  assert.equal(broker.isUp, false);
  server.signal("SIGCONT");
  await until("the link is up again", () => broker.isUp);
});
