import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { makePlace, Roster } from "../src/roster.ts";

interface Item {
  readonly name: string;
}

test("whatever comes and goes, a roster holds what a Set would, in the same order", () => {
  const step = fc.record({ index: fc.nat(99), isAdded: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const items = Array.from({ length: 100 }, (_, index) => ({ name: String(index) }));
      const roster = new Roster<Item>();
      const set = new Set<Item>();
      for (const { index, isAdded } of steps) {
        const item = items[index];
        assert.ok(item);
        if (isAdded) roster.add(item);
        else roster.delete(item);
        if (isAdded) set.add(item);
        else set.delete(item);
      }
      assert.deepEqual([...roster], [...set]);
      assert.equal(roster.size, set.size);
      for (const item of items) assert.equal(roster.has(item), set.has(item));
    }),
  );
});

test("what goes leaves its room to others: thousands later the roster is as small as at first", () => {
  const roster = new Roster<Item>();
  const stays = { name: "stays" };
  roster.add(stays);
  for (let i = 0; i < 10_000; i++) {
    const item = { name: "comes and goes" };
    roster.add(item);
    roster.delete(item);
  }
  assert.deepEqual([...roster], [stays]);
  assert.equal(roster.size, 1);
  roster.delete(stays);
  assert.equal(roster.size, 0);
});

test("while it is gone through, who goes is left out, and who comes waits for the next time", () => {
  const roster = new Roster<Item>();
  const items = ["a", "b", "c"].map((name) => ({ name }));
  for (const item of items) roster.add(item);
  const seen: string[] = [];
  for (const item of roster) {
    seen.push(item.name);
    if (item === items[0]) roster.delete(items[1]!);
    roster.add({ name: "new" });
  }
  assert.deepEqual(seen, ["a", "c"]);
});

test("an item that left one roster can stand in another, and is not in the first", () => {
  const [first, second] = [new Roster<Item>(), new Roster<Item>()];
  const item = { name: "moves" };
  first.add(item);
  first.delete(item);
  second.add(item);
  assert.deepEqual([first.has(item), second.has(item)], [false, true]);
  first.delete(item);
  assert.equal(second.size, 1);
});

test("an item that was made with a place is not in a roster before it is added, and leaves it like any other", () => {
  const item = { name: "a" };
  makePlace(item);
  const roster = new Roster<Item>();
  assert.equal(roster.has(item), false);
  roster.add(item);
  assert.deepEqual([...roster], [item]);
  roster.delete(item);
  assert.deepEqual([roster.has(item), roster.size], [false, 0]);
});
