import assert from "node:assert/strict";
import { test } from "node:test";
import { type Broker, MemoryBroker, type Publication, type Subscriber } from "@openline/hub";
import { LateBroker } from "../src/late-broker.ts";
import { randomIds } from "../src/random-ids.ts";
import { systemClock } from "../src/system-clock.ts";

const publication: Publication = {
  content: '"data":1',
  bytes: 8,
  time: 1,
  retention: { messages: 5, bytes: 100, ageMs: Number.POSITIVE_INFINITY },
};

function subscriber(heard: string[]): Subscriber {
  return {
    message: ({ content }) => void heard.push(content),
    signal: ({ content }) => void heard.push(`signal ${content}`),
    entered: () => undefined,
    exited: () => undefined,
    insufficient: () => void heard.push("insufficient"),
  };
}

function late(): { broker: LateBroker; opened: Broker[]; closed: () => number } {
  const opened: Broker[] = [];
  let closed = 0;
  const broker = new LateBroker(async () => {
    const inner = new MemoryBroker({ clock: systemClock, ids: randomIds });
    opened.push(inner);
    return { broker: inner, close: async () => (inner.close(), void closed++) };
  });
  return { broker, opened, closed: () => closed };
}

test("it is opened once, by open or by the first call that needs it, and calls keep their order", async (t) => {
  const { broker, opened } = late();
  t.after(() => broker.close());
  const heard: string[] = [];
  broker.signal("a", { content: "too early", time: 1 });
  const subscribed = broker.subscribe("a", subscriber(heard));
  const calls = Array.from({ length: 5 }, (_, index) => broker.publish("a", { ...publication, content: String(index) }));
  await broker.open();
  await subscribed;
  await Promise.all(calls);
  broker.signal("a", { content: "s", time: 1 });
  assert.deepEqual(heard, ["0", "1", "2", "3", "4", "signal s"]);
  const { top, messages } = await broker.read("a", { offset: 0 });
  assert.equal(messages.length, 5);
  assert.deepEqual(await broker.rooms(), [{ room: "a", top, messages: 5 }]);
  await broker.rotate("a", top.epoch);
  assert.equal(heard.at(-1), "insufficient");
  assert.equal(opened.length, 1);
});

test("what cannot be opened fails as the call that needed it, and the next one tries again", async (t) => {
  let tries = 0;
  const broker = new LateBroker(async () => {
    if (++tries < 3) throw new Error(`try ${tries}`);
    const inner = new MemoryBroker({ clock: systemClock, ids: randomIds });
    return { broker: inner, close: async () => inner.close() };
  });
  t.after(() => broker.close());
  await assert.rejects(broker.open(), /try 1/);
  await assert.rejects(broker.publish("a", publication), /try 2/);
  assert.equal((await broker.publish("a", publication)).outcome, "stored");
});

test("its end waits for what is being opened, closes it once, and a later open begins anew", async () => {
  const { broker, opened, closed } = late();
  await broker.end();
  const opening = broker.open();
  await broker.end();
  await opening;
  assert.deepEqual([opened.length, closed()], [1, 1]);
  await broker.open();
  await Promise.all([broker.end(), broker.end()]);
  assert.deepEqual([opened.length, closed()], [2, 2]);
});

test("R8: whether the store is away is what the open broker says; before it is open and after the end it is not", async () => {
  let away = false;
  const inner = new MemoryBroker({ clock: systemClock, ids: randomIds });
  const broker = new LateBroker(async () => ({ broker: inner, close: async () => inner.close(), isAway: () => away }));
  assert.equal(broker.isAway, false);
  await broker.open();
  assert.equal(broker.isAway, false);
  away = true;
  assert.equal(broker.isAway, true);
  await broker.end();
  assert.equal(broker.isAway, false);
});
