import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { brokerContract } from "@openline/hub/testing";
import { noRabbit, type ServerProcess, startRabbit } from "@openline/testkit";
import { type LogBroker, openRabbitBroker } from "../../src/rabbitmq/index.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock, until } from "../support/system-clock.ts";

let server: ServerProcess;
let count = 0;
const skip = noRabbit === undefined ? {} : { skip: noRabbit };

before(async () => {
  if (noRabbit === undefined) server = await startRabbit();
});
after(async () => await server?.stop());

brokerContract({
  name: "rabbitmq",
  test: (name, check) => test(name, skip, check),
  open: async () => {
    const url = `amqp://guest:guest@127.0.0.1:${server.port}?prefix=t${++count}&partitions=2`;
    const open = async (): Promise<LogBroker> => await openRabbitBroker({ url, clock: systemClock, ids: randomIds });
    const [broker, other] = [await open(), await open()];
    await until("they know each other", () => broker.peers === 1 && other.peers === 1);
    return {
      broker,
      other,
      now: () => Date.now(),
      windowMs: 600,
      pass: async (ms) => await delay(ms),
      settle: async () => {
        for (const one of [broker, other, broker, other]) await one.ping();
        // What passes is not behind the answer.
        await delay(50);
      },
      close: async () => {
        broker.close();
        other.close();
        await Promise.all([broker.closed(), other.closed()]);
      },
    };
  },
});
