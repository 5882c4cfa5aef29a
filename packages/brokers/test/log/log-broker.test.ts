import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { brokerContract } from "@openline/hub/testing";
import { LogBroker } from "../../src/log/log-broker.ts";
import { MemoryLog } from "../support/memory-log.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock, until } from "../support/system-clock.ts";

let count = 0;

brokerContract({
  name: "log",
  test,
  open: async () => {
    const log = new MemoryLog(4, { seed: ++count, sparse: count % 2 === 0 });
    const open = async (): Promise<LogBroker> => {
      const broker = new LogBroker({
        open: log.open,
        shown: "the log in memory",
        partitions: 3,
        clock: systemClock,
        ids: randomIds,
        readBackMs: 3_600_000,
        heartbeatMs: 2_000,
        watchdogMs: 3_000,
        patienceMs: 5_000,
        log: () => {},
      });
      await broker.start();
      return broker;
    };
    const [broker, other] = [await open(), await open()];
    await until("they know each other", () => broker.peers === 1 && other.peers === 1);
    return {
      broker,
      other,
      now: () => Date.now(),
      windowMs: 200,
      pass: async (ms) => await delay(ms),
      settle: async () => {
        for (const one of [broker, other, broker, other]) await one.ping();
        await delay(5);
      },
      close: async () => {
        broker.close();
        other.close();
        await Promise.all([broker.closed(), other.closed()]);
      },
    };
  },
});
