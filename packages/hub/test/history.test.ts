import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { History } from "../src/history.ts";
import { settingsOf } from "../src/settings.ts";
import { BrokerDouble } from "./support/broker-double.ts";
import { countingIds } from "./support/test-hub.ts";

function bench(messages: number) {
  const broker = new BrokerDouble();
  broker.fill(10);
  const history = { messages, bytes: 1_000_000, ageMs: 1_000 };
  const settings = settingsOf({ clock: new FakeClock(0), ids: countingIds(), broker, rules: { history } });
  return { broker, history: new History(settings, "a") };
}

const offsets = (messages: readonly { position: { offset: number } }[]): number[] => messages.map(({ position }) => position.offset);

test("contract 5: what the engine keeps beyond the rules counts as missed", async () => {
  const { history } = bench(3);
  assert.deepEqual(offsets((await history.past("e.8.t8", 0)).messages), [9, 10]);
  assert.deepEqual(offsets((await history.past("e.7.t7", 0)).messages), [8, 9, 10]);
  const past = await history.past("e.6.t6", 0);
  assert.deepEqual([past.recovered, past.why, past.messages], [false, "expired", []]);
});

test("a newcomer gets the newest messages it asked for, as far as the rules keep them", async () => {
  const { broker, history } = bench(3);
  assert.deepEqual(offsets((await history.past(undefined, 2)).messages), [9, 10]);
  assert.deepEqual(offsets((await history.past(undefined, 9)).messages), [8, 9, 10]);
  const reads = broker.reads.length;
  assert.deepEqual(await history.past(undefined, 0), { messages: [], top: undefined });
  assert.equal(broker.reads.length, reads);
});

test("contract 2: who cannot be recovered gets its rewind like a newcomer, and recovered false", async () => {
  const { history } = bench(10);
  for (const position of ["nonsense", "other.3.t3", "e.3.forged", "e.11.t11"]) {
    const past = await history.past(position, 2);
    assert.deepEqual([past.recovered, offsets(past.messages)], [false, [9, 10]], position);
  }
});

test("contract 2: who can be recovered gets what it missed, whatever its rewind", async () => {
  const past = await bench(10).history.past("e.7.t7", 1);
  assert.deepEqual([past.recovered, offsets(past.messages)], [true, [8, 9, 10]]);
});
