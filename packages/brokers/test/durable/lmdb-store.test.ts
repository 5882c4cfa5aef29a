import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Facts, LmdbStore } from "../../src/durable/lmdb-store.ts";
import type { Change } from "../../src/durable/store.ts";
import { scratch } from "../support/scratch.ts";

const facts: Facts = { format: 1, commits: 0, committedAt: 0, id: "x", witness: "1", durability: "os", isClosed: false };
const top = { epoch: "e", offset: 3, tag: "t3" };
const record = { top, floor: 1, bytes: 9, time: 5, retention: { messages: 1, bytes: 2, ageMs: 3 } };
const row = { tag: "t", previousTag: "", content: "ünï 💬\0", bytes: 10, time: 5 };
const stored = (room: string, offset: number): Change => ({ type: "message", room, offset, row });
const used = (key: string, until: number): Change => ({ type: "id", room: "a", key, used: { fingerprint: "f", position: top, until } });

async function open(t: TestContext): Promise<{ store: LmdbStore; file: string }> {
  const file = join(scratch(t), "data.mdb");
  const store = await LmdbStore.open(file);
  await store.setFacts(facts);
  return { store, file };
}

test("what was written is there after the store is opened again, and each write counts as one commit", async (t) => {
  const { store, file } = await open(t);
  await store.write([{ type: "room", room: "a", record }, stored("a", 1), used("k", 50)]);
  await store.write([stored("a", 2)]);
  await store.close();
  const again = await LmdbStore.open(file);
  t.after(async () => await again.close());
  assert.deepEqual(again.room("a"), record);
  assert.deepEqual(Array.from(again.messages("a", 1, 9)), [
    [1, row],
    [2, row],
  ]);
  assert.deepEqual(again.usedId("a", "k"), { fingerprint: "f", position: top, until: 50 });
  assert.equal(again.facts?.commits, 2);
});

test("messages come in the order of their offsets, both ends included, and from their own room only", async (t) => {
  const { store } = await open(t);
  t.after(async () => await store.close());
  await store.write(["a", "a\0", "aa", "b"].flatMap((room) => [2, 10, 9, 300].map((offset) => stored(room, offset))));
  const offsets = (from: number, to: number): number[] => Array.from(store.messages("a", from, to), ([offset]) => offset);
  assert.deepEqual(offsets(1, 999), [2, 9, 10, 300]);
  assert.deepEqual(offsets(9, 10), [9, 10]);
  await store.write([{ type: "drop", room: "a", from: 2, to: 10 }]);
  assert.deepEqual(offsets(1, 999), [10, 300]);
});

test("rooms come by name in pages; a removed one is gone", async (t) => {
  const { store } = await open(t);
  t.after(async () => await store.close());
  await store.write(["c", "a", "b"].map((room) => ({ type: "room", room, record })));
  const names = (after: string | undefined, most: number): string[] => store.rooms(after, most).map(([name]) => name);
  assert.deepEqual([names(undefined, 2), names("b", 2), names("c", 2)], [["a", "b"], ["c"], []]);
  await store.write([{ type: "remove-room", room: "b" }]);
  assert.deepEqual(names(undefined, 9), ["a", "c"]);
});

test("publish ids are forgotten when their time is over, but not one that was used again with a later end", async (t) => {
  const { store } = await open(t);
  t.after(async () => await store.close());
  await store.write([used("old", 10), used("again", 10), used("again", 90), used("new", 90)]);
  await store.write([{ type: "forget-ids", until: 50, most: 100 }]);
  assert.deepEqual(
    ["old", "again", "new"].map((key) => store.usedId("a", key)?.until),
    [undefined, 90, 90],
  );
});

test("a store without facts takes no write: nobody could tell afterwards whose it is", async (t) => {
  const store = await LmdbStore.open(join(scratch(t), "data.mdb"));
  t.after(async () => await store.close());
  await assert.rejects(store.write([stored("a", 1)]), /no facts/);
  assert.deepEqual(Array.from(store.messages("a", 1, 1)), []);
});
