import { after, before, test } from "node:test";
import { brokerContract } from "@openline/hub/testing";
import { noRedis, RedisServer } from "@openline/testkit";
import { RedisBroker } from "../../src/redis/index.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock } from "../support/system-clock.ts";

let server: RedisServer;
let count = 0;
const skip = noRedis === undefined ? {} : { skip: noRedis };

before(async () => {
  if (noRedis === undefined) server = await RedisServer.start();
});
after(async () => await server?.stop());

brokerContract({
  name: "redis",
  test: (name, check) => test(name, skip, check),
  open: async () => {
    const url = `${server.url}?prefix=t${++count}`;
    const open = async (): Promise<RedisBroker> => await RedisBroker.open({ url, clock: systemClock, ids: randomIds });
    const [broker, other] = [await open(), await open()];
    const rounds = async (): Promise<void> => {
      for (const one of [broker, other, broker, other]) await one.ping();
    };
    return {
      broker,
      other,
      now: () => Date.now(),
      windowMs: 300,
      pass: async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)),
      settle: rounds,
      close: () => {
        broker.close();
        other.close();
      },
    };
  },
});
