import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { brokerContract } from "@openline/hub/testing";
import { noNats, type ServerProcess, startNats } from "@openline/testkit";
import { NatsBroker } from "../../src/nats/index.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock, until } from "../support/system-clock.ts";

let server: ServerProcess;
let count = 0;
const skip = noNats === undefined ? {} : { skip: noNats };

before(async () => {
  if (noNats === undefined) server = await startNats();
});
after(async () => await server?.stop());

brokerContract({
  name: "nats",
  test: (name, check) => test(name, skip, check),
  open: async () => {
    const url = `nats://127.0.0.1:${server.port}?prefix=t${++count}`;
    const open = async (): Promise<NatsBroker> => await NatsBroker.open({ url, clock: systemClock, ids: randomIds });
    const [broker, other] = [await open(), await open()];
    await until("they know each other", () => broker.peers === 1 && other.peers === 1);
    return {
      broker,
      other,
      now: () => Date.now(),
      windowMs: 400,
      pass: async (ms) => await delay(ms),
      settle: async () => {
        for (const one of [broker, other, broker, other]) await one.ping();
        // What is stored is republished behind the answer.
        await delay(20);
        for (const one of [broker, other]) await one.ping();
      },
      close: async () => {
        broker.close();
        other.close();
        await Promise.all([broker.closed(), other.closed()]);
      },
    };
  },
});
