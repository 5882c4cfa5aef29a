import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { MemoryBroker } from "../../src/memory-broker.ts";
import { type BrokerBench, brokerContract } from "../../src/testing/broker-contract.ts";
import { brokerRules } from "../../src/testing/broker-rules.ts";
import { countingIds } from "../support/test-hub.ts";

function bench(change: (broker: MemoryBroker) => void = () => {}): BrokerBench {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  change(broker);
  return { broker, other: broker, now: clock.now, pass: (ms) => clock.advanceAsync(ms), settle, close: () => broker.close() };
}

interface Declared {
  readonly name: string;
  readonly check: () => Promise<void>;
}

function declared(open: () => BrokerBench, cannotHold: Record<string, string> = {}): Declared[] {
  const tests: Declared[] = [];
  brokerContract({ name: "engine", test: (name, check) => tests.push({ name, check }), open, cannotHold });
  return tests;
}

test("contract 6: there is one test per rule, named by engine and line", () => {
  const tests = declared(() => bench());
  assert.equal(tests.length, brokerRules.length);
  for (const { name } of tests) assert.match(name, /^engine: contract [1-7]: \S/);
  assert.equal(new Set(brokerRules.map(({ id }) => id)).size, brokerRules.length);
});

test("contract 6: a rule that an engine is declared not to hold must fail, and the name says why", async () => {
  const deaf = (broker: MemoryBroker): void => {
    broker.signal = () => {};
  };
  const broken = declared(() => bench(deaf), { signals: "it has no signals" }).find(({ name }) => name.includes("it has no signals"));
  await broken?.check();
  const whole = declared(() => bench(), { signals: "it has no signals" }).find(({ name }) => name.includes("it has no signals"));
  await assert.rejects(async () => await whole?.check(), /holds after all/);
});

test("contract 6: a declaration names a rule", () => {
  assert.throws(() => declared(() => bench(), { nonsense: "" }), /cannotHold names no rule: nonsense/);
});

test("contract 6: the store is closed after a rule that failed too", async () => {
  let closed = 0;
  const [first] = declared(() => ({ ...bench((broker) => broker.close()), close: () => void closed++ }));
  await assert.rejects(async () => await first?.check());
  assert.equal(closed, 1);
});
