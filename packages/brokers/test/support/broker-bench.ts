import { setTimeout as delay } from "node:timers/promises";
import type { Broker } from "@openline/hub";
import type { BrokerBench } from "@openline/hub/testing";
import { until } from "./system-clock.ts";

/** A node's broker on an engine outside: it knows the others, and its end can be waited for. */
interface OutsideBroker extends Broker {
  readonly peers: number;
  ping(): Promise<unknown>;
  close(): void;
  closed(): Promise<unknown>;
}

export interface BenchTimes {
  /** How long ids of messages are remembered. */
  readonly windowMs: number;
  /** How long what was said may come behind the engine's answer. */
  readonly behindMs: number;
}

/** Two nodes that know each other, in real time: what the contract's tests are run on. */
export async function benchOf(open: () => Promise<OutsideBroker>, { windowMs, behindMs }: BenchTimes): Promise<BrokerBench> {
  const [broker, other] = [await open(), await open()];
  await until("they know each other", () => broker.peers === 1 && other.peers === 1);
  const ping = async (): Promise<void> => {
    for (const one of [broker, other]) await one.ping();
  };
  return {
    broker,
    other,
    now: () => Date.now(),
    windowMs,
    pass: async (ms) => await delay(ms),
    settle: async () => {
      await ping();
      await ping();
      await delay(behindMs);
      await ping();
    },
    close: async () => {
      broker.close();
      other.close();
      await Promise.all([broker.closed(), other.closed()]);
    },
  };
}
