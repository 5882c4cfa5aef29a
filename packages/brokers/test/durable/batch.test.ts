import assert from "node:assert/strict";
import { test } from "node:test";
import type { Publication } from "@openline/hub";
import { Batch } from "../../src/durable/batch.ts";
import type { MessageRow, RoomRecord, Store } from "../../src/durable/store.ts";

const retention = { messages: 3, bytes: 1000, ageMs: 100 };
const row: MessageRow = { tag: "t", previousTag: "", content: "c", bytes: 1, time: 5 };

/** A store that holds one room "a", or nothing, and takes no writes: a batch only reads. */
function storeOf(record?: RoomRecord, rows: readonly [number, MessageRow][] = []): Store {
  return {
    room: (room) => (room === "a" ? record : undefined),
    rooms: () => [],
    messages: () => rows,
    usedId: () => undefined,
    write: () => assert.fail("a batch writes nothing itself"),
    close: async () => {},
  };
}

function batchOn(store: Store, now = 10): Batch {
  let count = 0;
  return new Batch(store, { epoch: () => `e${++count}`, tag: () => `t${++count}` }, now);
}

const say = (content: string, idempotency?: Publication["idempotency"]): Publication => {
  const plain = { content, bytes: 1, time: 10, retention };
  return idempotency === undefined ? plain : { ...plain, idempotency };
};

test("each publish of a batch follows the one before it, though nothing is written yet", () => {
  const batch = batchOn(storeOf());
  const [one, two] = [batch.publish("a", say("1")), batch.publish("a", say("2"))];
  assert.equal(one.message?.previous, null);
  assert.deepEqual(two.message?.previous, one.message?.position);
  assert.deepEqual(two.message?.position, { epoch: "e1", offset: 2, tag: "t3" });
  assert.deepEqual(
    batch.changes.flatMap((change) => (change.type === "message" ? [[change.offset, change.row.content, change.row.previousTag]] : [])),
    [
      [1, "1", ""],
      [2, "2", "t2"],
    ],
  );
});

test("the same id twice in one batch is one message, and with another content a conflict; in another room it is news", () => {
  const batch = batchOn(storeOf());
  const id = { key: "k", fingerprint: "f", windowMs: 5 };
  const { outcome } = batch.publish("a", say("1", id));
  assert.equal(outcome.outcome, "stored");
  assert.deepEqual(batch.publish("a", say("1", id)).outcome, { ...outcome, outcome: "duplicate" });
  assert.deepEqual(batch.publish("a", say("2", { ...id, fingerprint: "g" })).outcome, { outcome: "conflict" });
  assert.equal(batch.publish("b", say("1", id)).outcome.outcome, "stored");
  assert.equal(batch.publish("a", { ...say("2", { ...id, fingerprint: "g" }), time: 15 }).outcome.outcome, "stored");
  assert.equal(batch.changes.filter(({ type }) => type === "message").length, 3);
});

const top = { epoch: "old", offset: 4, tag: "t4" };
const record: RoomRecord = { top, floor: 1, bytes: 4, retention, time: 5 };

test("an epoch is ended once: its messages go, and a second request for the same epoch finds another", () => {
  const batch = batchOn(storeOf(record));
  assert.deepEqual([batch.rotate("a", "older"), batch.rotate("a", "old"), batch.rotate("a", "old")], [false, true, false]);
  assert.deepEqual(batch.changes[0], { type: "drop", room: "a", from: 1, to: 5 });
  assert.deepEqual(batch.record("a"), { ...record, top: { epoch: "e1", offset: 0, tag: "0" }, floor: 1, bytes: 0 });
});

test("a renamed epoch keeps its messages and the place of its top", () => {
  const batch = batchOn(storeOf(record));
  batch.rename("a", record);
  assert.deepEqual(batch.record("a"), { ...record, top: { ...top, epoch: "e1" } });
  assert.deepEqual(
    batch.changes.map(({ type }) => type),
    ["room"],
  );
});

for (const [what, now, floor] of [
  ["only what is one too many, while the rest is young", 10, 2],
  ["what has come to its age, too", 106, 5],
] as const) {
  test(`a sweep lets go of ${what}`, () => {
    const rows = [1, 2, 3, 4].map((offset): [number, MessageRow] => [offset, row]);
    const batch = batchOn(storeOf(record, rows), now);
    batch.sweep("a", record);
    assert.deepEqual(batch.changes[0], { type: "drop", room: "a", from: 1, to: floor });
    assert.deepEqual([batch.record("a").floor, batch.record("a").bytes], [floor, 5 - floor]);
  });
}
