import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { laneOf, Outbox, type OutboxChange } from "../../src/webhooks/outbox.ts";

const limits = { events: 3, bytes: 100, deadLetters: 2 };
const event = (id: string, text = `{"id":"${id}"}`): { id: string; text: string } => ({ id, text });
const idsOf = (outbox: Outbox): string[] => outbox.batch(100, 1_000_000).map(({ id }) => id);

function filled(...ids: string[]): Outbox {
  const outbox = new Outbox(limits);
  for (const id of ids) outbox.apply(outbox.taking(event(id), 1));
  return outbox;
}

test("events wait in their order, and leave from the front", () => {
  const outbox = filled("a", "b", "c");
  outbox.apply({ do: "done", count: 1 });
  assert.deepEqual(idsOf(outbox), ["b", "c"]);
});

test("a batch is bounded in events and bytes, but one event always fits", () => {
  const outbox = filled("a", "b", "c");
  assert.equal(outbox.batch(2, 1000).length, 2);
  assert.equal(outbox.batch(3, 15).length, 1);
  assert.equal(outbox.batch(3, 1).length, 1);
});

test("what has no room is a dead letter at once: those that wait keep their order without a hole before them", () => {
  const outbox = filled("a", "b", "c", "d");
  assert.deepEqual(idsOf(outbox), ["a", "b", "c"]);
  assert.deepEqual(outbox.deadLetters, [{ event: { id: "d" }, reason: "the outbox is full: 3 events wait", failedAt: 1 }]);
  const large = filled("a");
  assert.equal(large.taking(event("b", "x".repeat(100)), 1).do, "refused");
});

test("given up events are kept, the oldest make room, and a retry puts them behind what waits", () => {
  const outbox = filled("a", "b", "c");
  outbox.apply({ do: "dead", count: 3, reason: "503", time: 5 });
  assert.deepEqual([outbox.deadCount, outbox.dropped], [2, 1]);
  outbox.apply({ do: "add", ...event("d") });
  outbox.apply({ do: "retry" });
  assert.deepEqual([idsOf(outbox), outbox.deadCount], [["d", "b", "c"], 0]);
});

test("a change of a lane concerns its events alone, whatever stands between them; those of one key are in one lane", () => {
  const outbox = new Outbox({ ...limits, events: 100, bytes: 10_000 });
  const keys = Array.from({ length: 12 }, (_, n) => `s${n % 6}`);
  for (const [n, key] of keys.entries()) outbox.apply({ do: "add", ...event(String(n)), key });
  const lanes = [0, 1, 2].map((at) => outbox.batch(100, 10_000, { at, of: 3 }).map(({ id }) => id));
  assert.deepEqual(
    lanes.flat().toSorted((one, other) => Number(one) - Number(other)),
    keys.map((_, n) => String(n)),
  );
  for (let key = 0; key < 6; key++)
    assert.equal(lanes.filter((ids) => ids.includes(String(key)) || ids.includes(String(key + 6))).length, 1);
  const at = lanes.findIndex((ids) => ids.length > 1);
  outbox.apply({ do: "done", count: 1, lane: { at, of: 3 } });
  assert.deepEqual(
    outbox.batch(100, 10_000, { at, of: 3 }).map(({ id }) => id),
    lanes[at]?.slice(1),
  );
  outbox.apply({ do: "dead", count: 1, lane: { at, of: 3 }, reason: "r", time: 1 });
  outbox.apply({ do: "retry" });
  assert.deepEqual(idsOf(outbox).at(-1), lanes[at]?.[1]);
  assert.equal(outbox.pending, 11);
});

test("an event without a key, from the journal of an older version, is in a lane too", () => {
  assert.deepEqual([laneOf(event("a"), 1), laneOf({ ...event("a"), key: "" }, 4)], [0, laneOf(event("a"), 4)]);
});

test("dead letters are bounded in bytes too", () => {
  const outbox = new Outbox(limits);
  for (const id of ["a", "b"]) outbox.apply({ do: "refused", id, text: "x".repeat(60), reason: "r", time: 1 });
  assert.deepEqual([outbox.deadCount, outbox.bytes], [1, 60]);
});

test("the changes of an outbox make an equal one, whatever happened to it before", () => {
  const change: fc.Arbitrary<OutboxChange> = fc.oneof(
    fc.string({ maxLength: 5 }).map((id) => ({ do: "add", ...event(id) }) as const),
    fc.nat(3).map((count) => ({ do: "done", count }) as const),
    fc.nat(3).map((count) => ({ do: "dead", count, reason: "r", time: 2 }) as const),
    fc.constant({ do: "retry" } as const),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const outbox = new Outbox({ events: 100, bytes: 10_000, deadLetters: 5 });
      for (const one of changes) outbox.apply(one);
      const again = new Outbox({ events: 100, bytes: 10_000, deadLetters: 5 });
      for (const one of outbox.changes()) again.apply(one);
      assert.deepEqual([[...again.changes()], again.bytes, again.pending], [[...outbox.changes()], outbox.bytes, outbox.pending]);
    }),
  );
});
