import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "../src/broker.ts";
import type { Position } from "../src/position.ts";
import { follows, missedSince } from "../src/recovery.ts";
import { at, page, run, stored } from "./support/messages.ts";

const cases: [rule: string, read: Page, position: Position, expected: number[] | string][] = [
  ["the position is the top", page(run(5, 5)), at(5), []],
  ["the position is the top though its message expired", page([], at(5)), at(5), []],
  ["the kept message at the offset bears the tag", page(run(5, 8)), at(5), [6, 7, 8]],
  ["the next kept message names the position as its predecessor", page(run(6, 8)), at(5), [6, 7, 8]],
  ["the start of the epoch, and its first message is kept", page(run(1, 3)), at(0), [1, 2, 3]],
  ["the start of the epoch of an empty room", page([]), at(0), []],
  ["offsets have holes, links have none", page([stored(5), stored(9, { previous: at(5) })]), at(5), [9]],
  ["links are unknown, but the tag is known", page([stored(5, { previous: undefined }), stored(6, { previous: undefined })]), at(5), [6]],
  ["another epoch", page(run(5, 8)), at(5, "t5", "f"), "epoch"],
  ["the start of another epoch", page(run(1, 2)), at(0, "0", "f"), "epoch"],
  ["another tag at the offset: the store fell back and grew again", page(run(5, 8)), at(5, "other"), "rewritten"],
  ["another tag at the top", page(run(5, 5)), at(5, "other"), "rewritten"],
  ["the store fell back below the position", page(run(5, 8)), at(9), "rewritten"],
  ["the next message names another predecessor", page([stored(6, { previous: at(5, "other") })]), at(5), "expired"],
  ["the next message cannot name its predecessor", page([stored(6, { previous: undefined })]), at(5), "expired"],
  ["its engine vouches that nothing lies between", page([stored(6, { previous: undefined, after: at(5) })]), at(5), [6]],
  ["its engine vouches for another position", page([stored(6, { previous: undefined, after: at(4) })]), at(5), "expired"],
  ["messages in between expired", page(run(7, 8)), at(5), "expired"],
  ["all later messages expired", page([], at(8)), at(5), "expired"],
  ["the first messages of the epoch expired", page(run(2, 3)), at(0), "expired"],
  ["a hole in the page", page([stored(5), stored(6), stored(8)]), at(5), "rewritten"],
  ["a page that ends before its top", page(run(5, 7), at(8)), at(5), "expired"],
];

test("contract 2: recovered is true only by proof, and never with a part of what was missed", async (t) => {
  for (const [rule, read, position, expected] of cases) {
    await t.test(rule, () => {
      const missed = missedSince(read, position);
      assert.deepEqual(missed.continuous ? missed.messages.map((message) => message.position.offset) : missed.why, expected);
    });
  }
});

test("contract 1: a message follows the position it names, null only the start of its own epoch, unknown nothing", () => {
  assert.ok(follows(stored(2), at(1)));
  assert.ok(!follows(stored(2), at(1, "other")));
  assert.ok(follows(stored(1), at(0)));
  assert.ok(!follows(stored(1), at(0, "0", "f")));
  assert.ok(!follows(stored(1), at(7)));
  assert.ok(!follows(stored(2, { previous: undefined }), at(1)));
});
