import type { Broker } from "../broker.ts";
import { brokerRules } from "./broker-rules.ts";

/** A store under test, and two nodes on it. */
export interface BrokerBench {
  readonly broker: Broker;
  /** A second node's broker on the same store; the same object where the store belongs to one process. */
  readonly other: Broker;
  /** The time that `publish` is given, in milliseconds since 1970. */
  readonly now: () => number;
  /** Lets so much time pass for the broker and its store; resolves when what falls due is done. */
  readonly pass: (ms: number) => Promise<void>;
  /** Resolves when everything that was told so far has come to the subscribers of both nodes. */
  readonly settle: () => Promise<void>;
  /** How long publish ids are remembered in the test. A store with a clock of its own wants it short. Default 10,000. */
  readonly windowMs?: number;
  readonly close: () => Promise<void> | void;
}

/** How {@link brokerContract} is run. */
export interface BrokerContractOptions {
  /** The engine's name, the first word of each test's. */
  readonly name: string;
  /** The test runner's function: that of `node:test` fits. */
  readonly test: (name: string, check: () => Promise<void>) => unknown;
  /** Makes an empty store for one rule. */
  readonly open: () => Promise<BrokerBench> | BrokerBench;
  /**
   * The rules that the engine cannot hold, by their `id`, and why not: what the engine's page says. Such a rule must fail: one that holds
   * after all is declared wrongly.
   */
  readonly cannotHold?: Readonly<Record<string, string>>;
}

/** Declares one test per rule of {@link brokerRules}. What every broker must hold is written there. */
export function brokerContract({ name, test, open, cannotHold = {} }: BrokerContractOptions): void {
  const unknown = Object.keys(cannotHold).filter((id) => !brokerRules.some((rule) => rule.id === id));
  if (unknown.length > 0) throw new Error(`cannotHold names no rule: ${unknown.join(", ")}`);
  for (const rule of brokerRules) {
    const reason = cannotHold[rule.id];
    const check = async (): Promise<void> => {
      const bench = await open();
      try {
        await rule.check(bench);
      } finally {
        await bench.close();
      }
    };
    if (reason === undefined) test(`${name}: contract ${rule.line}: ${rule.text}`, check);
    else test(`${name}: contract ${rule.line}: does not hold, ${reason}: ${rule.text}`, async () => await mustFail(check, rule.id));
  }
}

async function mustFail(check: () => Promise<void>, id: string): Promise<void> {
  try {
    await check();
  } catch {
    return;
  }
  throw new Error(`the rule ${id} holds after all: take it out of cannotHold`);
}
