import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import type { Broker, Publication, StoredMessage } from "../../src/broker.ts";
import { MemoryBroker } from "../../src/memory-broker.ts";
import { brokerRules } from "../../src/testing/broker-rules.ts";
import { countingIds } from "../support/test-hub.ts";

type Damage = (broker: Broker) => Partial<Broker>;

/** A store with one thing wrong, and the rule that must notice. */
const damages: readonly (readonly [string, Damage])[] = [
  [
    "positions",
    (broker) => ({ read: async (room, from) => changed(await broker.read(room, from), (one) => ({ ...one, previous: null })) }),
  ],
  ["first-follows-empty", (broker) => ({ subscribe: async (room, ear) => ({ ...(await broker.subscribe(room, ear)), top: elsewhere }) })],
  ["live-is-kept", (broker) => ({ publish: (room, given) => broker.publish(room, { ...given, content: given.content.normalize("NFD") }) })],
  ["rooms-apart", (broker) => ({ publish: (room, given) => broker.publish(room.trim(), given) })],
  ["recovery", (broker) => ({ read: async (room, from) => ({ ...(await broker.read(room, from)), messages: [] }) })],
  [
    "expired-is-missed",
    (broker) => ({ publish: (room, given) => broker.publish(room, { ...given, retention: { ...given.retention, messages: 99 } }) }),
  ],
  [
    "subscribe-amid",
    (broker) => ({ subscribe: async (room, ear) => ({ ...(await broker.subscribe(room, ear)), top: { ...elsewhere, offset: 0 } }) }),
  ],
  ["top-without-message", (broker) => ({ read: async (room, from) => ({ ...(await broker.read(room, from)), top: elsewhere }) })],
  ["rotate", () => ({ rotate: async () => {} })],
  ["same-id", (broker) => ({ publish: (room, given) => broker.publish(room, forgetful(given)) })],
  ["same-id-at-once", (broker) => ({ publish: (room, given) => broker.publish(room, forgetful(given)) })],
  ["window-ends", (broker) => ({ publish: (room, given) => broker.publish(room, { ...given, time: 0 }) })],
  [
    "one-order",
    (broker) => ({ publish: async (room, given) => (Math.random() < 0.5 ? await settle() : 0, await broker.publish(room, given)) }),
  ],
  [
    "retention",
    (broker) => ({ publish: (room, given) => broker.publish(room, { ...given, retention: { ...given.retention, messages: 4 } }) }),
  ],
  ["members", (broker) => ({ subscribe: async (room, ear) => ({ ...(await broker.subscribe(room, ear)), members: [] }) })],
  ["signals", () => ({ signal: () => {} })],
  ["closed-hears-nothing", (broker) => ({ subscribe: async (room, ear) => ({ ...(await broker.subscribe(room, ear)), close: () => {} }) })],
  ["rooms", () => ({ rooms: async () => [] })],
];

const elsewhere = { epoch: "elsewhere", offset: 7, tag: "t" };
type Page = Awaited<ReturnType<Broker["read"]>>;

function changed(page: Page, change: (message: StoredMessage) => StoredMessage): Page {
  return { ...page, messages: page.messages.map(change) };
}

function forgetful({ content, bytes, time, retention }: Publication): Publication {
  return { content, bytes, time, retention };
}

function damaged(broker: Broker, damage: Damage): Broker {
  const change = damage(broker);
  return {
    publish: (room, publication) => broker.publish(room, publication),
    signal: (room, signal) => broker.signal(room, signal),
    read: (room, from) => broker.read(room, from),
    subscribe: (room, subscriber) => broker.subscribe(room, subscriber),
    rotate: (room, epoch) => broker.rotate(room, epoch),
    rooms: () => broker.rooms(),
    close: () => broker.close(),
    ...change,
  };
}

for (const [id, damage] of damages) {
  test(`contract 6: the rule ${id} notices a store that breaks it`, async () => {
    const clock = new FakeClock();
    const memory = new MemoryBroker({ clock, ids: countingIds() });
    const broker = damaged(memory, damage);
    const rule = brokerRules.find((candidate) => candidate.id === id) ?? assert.fail(`no rule ${id}`);
    const bench = { broker, other: broker, now: clock.now, pass: (ms: number) => clock.advanceAsync(ms), settle, close: () => {} };
    await assert.rejects(async () => await rule.check(bench));
    memory.close();
  });
}
