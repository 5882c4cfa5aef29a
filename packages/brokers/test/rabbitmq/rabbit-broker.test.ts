import { after, before, test } from "node:test";
import { brokerContract } from "@openline/hub/testing";
import { noRabbit, type ServerProcess, startRabbit } from "@openline/testkit";
import { type LogBroker, openRabbitBroker } from "../../src/rabbitmq/index.ts";
import { benchOf } from "../support/broker-bench.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock } from "../support/system-clock.ts";

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
    // What passes is not behind the answer.
    return await benchOf(open, { windowMs: 600, behindMs: 50 });
  },
});
