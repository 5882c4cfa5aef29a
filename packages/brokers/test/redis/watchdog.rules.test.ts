import assert from "node:assert/strict";
import { test } from "node:test";
import { noRedis, RedisServer } from "@openline/testkit";
import { RedisBroker, type RedisEvent } from "../../src/redis/index.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock, until } from "../support/system-clock.ts";
import { timed } from "../support/timed.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };

// What befalls rooms and clients then, and all other faults, is in conformance/faults.
test("a Redis that stops answering is noticed within 5 s by the defaults, and used again when it answers", skip, async (t) => {
  const server = await RedisServer.start();
  t.after(async () => await server.stop());
  const events: RedisEvent[] = [];
  const broker = await RedisBroker.open({ url: server.url, clock: systemClock, ids: randomIds, log: (event) => events.push(event) });
  t.after(() => broker.close());
  server.signal("SIGSTOP");
  const isNoticed = (): boolean => events.some(({ type }) => type === "down");
  const { tookMs, lateMs } = await timed(async () => await until("the watchdog barks", isNoticed, 60_000));
  t.diagnostic(`noticed after ${Math.round(tookMs)} ms, of which this process stood still for ${Math.round(lateMs)} ms`);
  assert.ok(tookMs < 5_000 + 10 * lateMs, `noticed after ${tookMs} ms`);
  assert.equal(broker.isUp, false);
  server.signal("SIGCONT");
  await until("the link is up again", () => broker.isUp, 60_000);
});
