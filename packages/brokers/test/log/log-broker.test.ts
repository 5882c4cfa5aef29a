import { test } from "node:test";
import { brokerContract } from "@openline/hub/testing";
import { LogBroker } from "../../src/log/log-broker.ts";
import { benchOf } from "../support/broker-bench.ts";
import { MemoryLog } from "../support/memory-log.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock } from "../support/system-clock.ts";

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
    return await benchOf(open, { windowMs: 200, behindMs: 5 });
  },
});
