import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { Follower } from "../src/follower.ts";
import { History } from "../src/history.ts";
import type { HubEvent } from "../src/hub-options.ts";
import { settingsOf } from "../src/settings.ts";
import { BrokerDouble } from "./support/broker-double.ts";
import { at, stored } from "./support/messages.ts";
import { countingIds } from "./support/test-hub.ts";

/** A follower that stands at message 5 of a store that keeps ten. */
function bench() {
  const broker = new BrokerDouble();
  const events: HubEvent[] = [];
  const settings = settingsOf({ clock: new FakeClock(0), ids: countingIds(), broker, log: (event) => events.push(event) });
  const delivered: number[] = [];
  const lost: string[] = [];
  const follower = new Follower({
    settings,
    room: "a",
    history: new History(settings, "a"),
    deliver: (message) => delivered.push(message.position.offset),
    lost: (position) => lost.push(`${position.epoch}.${position.offset}`),
  });
  broker.subscribers.push({
    message: (message) => follower.hear(message),
    insufficient: () => follower.doubt(),
    signal: () => {},
    entered: () => {},
    exited: () => {},
  });
  broker.fill(5);
  follower.start(broker.top);
  broker.fill(10);
  return { broker, follower, delivered, lost, events };
}

test("messages that link to each other are passed on without asking the store", () => {
  const { broker, delivered } = bench();
  for (const offset of [6, 7, 8]) broker.tell(offset);
  assert.deepEqual([delivered, broker.reads], [[6, 7, 8], []]);
});

test("contract 1: a gap is healed from history, in order and once, and what came meanwhile follows", async () => {
  const { broker, delivered, lost } = bench();
  broker.onRead = () => broker.tell(10);
  for (const offset of [6, 8, 9]) broker.tell(offset);
  await settle();
  assert.deepEqual([delivered, lost], [[6, 7, 8, 9, 10], []]);
});

test("contract 1: an unknown predecessor makes the node read the history", async () => {
  const { broker, follower, delivered } = bench();
  follower.hear(stored(6, { previous: undefined }));
  await settle();
  assert.deepEqual([delivered, broker.reads], [[6, 7, 8, 9, 10], [{ offset: 5 }]]);
});

test("contract 2: a message at or below the position with the known tag is a duplicate", async () => {
  const { broker, delivered, lost } = bench();
  broker.tell(6);
  broker.tell(6);
  broker.tell(7);
  broker.tell(6);
  await settle();
  assert.deepEqual([delivered.slice(0, 2), new Set(delivered).size, delivered.length, lost, broker.rotations], [[6, 7], 5, 5, [], []]);
});

test("contract 2: a message at or below the position with another tag rotates the epoch and the room is insufficient", async () => {
  const { broker, follower, lost } = bench();
  follower.hear(stored(3, { position: at(3, "foreign") }));
  await settle();
  assert.deepEqual([broker.rotations, lost, follower.position], [["e"], ["e+.0"], { epoch: "e+", offset: 0, tag: "0" }]);
});

test("contract 2: a message below the position that names it as its predecessor is another history all the same", async () => {
  const { broker, follower, delivered, lost } = bench();
  follower.hear(stored(3, { position: at(3, "foreign"), previous: follower.position }));
  await settle();
  assert.deepEqual([delivered.includes(3), broker.rotations, lost], [false, ["e"], ["e+.0"]]);
});

test("contract 2: a store that fell back and grew past the position is noticed, and the epoch rotates", async () => {
  const { broker, delivered, lost } = bench();
  broker.fill(8, 4, "new-");
  broker.tell(8);
  await settle();
  assert.deepEqual([broker.rotations, delivered, lost], [["e"], [], ["e+.0"]]);
});

test("contract 2: what expired before the node could read it makes the room insufficient, without a new epoch", async () => {
  const { broker, delivered, lost } = bench();
  broker.kept = broker.kept.slice(7);
  broker.tell(10);
  await settle();
  assert.deepEqual([broker.rotations, delivered, lost], [[], [], ["e.10"]]);
});

test("a doubt that proves unfounded goes unnoticed", async () => {
  const { broker, follower, delivered, lost } = bench();
  broker.fill(5);
  follower.doubt();
  await settle();
  assert.deepEqual([delivered, lost, broker.reads.length], [[], [], 1]);
});

test("the last words of an epoch that is over are dropped", async () => {
  const { broker, follower, delivered, lost } = bench();
  await broker.rotate("a", "e");
  await settle();
  follower.hear(stored(6));
  await settle();
  assert.deepEqual([delivered, lost, broker.rotations], [[], ["e+.0"], ["e"]]);
});

test("what is heard before the start is looked at then", async () => {
  const broker = new BrokerDouble();
  broker.fill(3);
  const settings = settingsOf({ clock: new FakeClock(0), ids: countingIds(), broker });
  const delivered: number[] = [];
  const deliver = (message: { position: { offset: number } }): void => void delivered.push(message.position.offset);
  const follower = new Follower({ settings, room: "a", history: new History(settings, "a"), deliver, lost: () => {} });
  follower.hear(stored(2));
  follower.hear(stored(3));
  follower.start(at(1));
  await settle();
  assert.deepEqual(delivered, [2, 3]);
});

test("a read that fails is told of, and the next message heals", async () => {
  const { broker, delivered, events } = bench();
  broker.onRead = () => Promise.reject(new Error("no answer"));
  broker.tell(7);
  await settle();
  assert.deepEqual([delivered, events.map(({ type }) => type)], [[], ["fault"]]);
  broker.onRead = () => {};
  broker.tell(8);
  await settle();
  assert.deepEqual(delivered, [6, 7, 8, 9, 10]);
});

test("messages that the history never shows end in insufficient, not in an endless search", async () => {
  const { broker, follower, lost } = bench();
  follower.hear(stored(40));
  await settle();
  assert.deepEqual([lost, broker.reads.length <= 7], [["e.10"], true]);
});

test("a closed follower does nothing with what it still reads", async () => {
  const { broker, follower, delivered } = bench();
  broker.tell(8);
  follower.close();
  await settle();
  assert.deepEqual(delivered, []);
});

test("contract 2: what was read before a join moved the node to a new epoch is thrown away", async () => {
  const { broker, follower, delivered } = bench();
  broker.afterRead = () => {
    broker.afterRead = () => {};
    broker.kept = [];
    broker.top = { epoch: "f", offset: 0, tag: "0" };
    follower.adopt(broker.top);
  };
  broker.tell(8);
  await settle();
  assert.deepEqual([delivered, follower.position.epoch, broker.rotations], [[], "f", []]);
});

test("a late duplicate of what expired does not end the epoch of a room whose loss was just told", async () => {
  const { broker, follower, delivered, lost } = bench();
  const late = broker.kept[6] ?? assert.fail();
  broker.kept = broker.kept.slice(9);
  follower.hear(late);
  broker.tell(10);
  await settle();
  assert.deepEqual([delivered, lost, broker.rotations], [[], ["e.10"], []]);
});
