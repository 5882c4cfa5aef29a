import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { RoomCursor } from "../src/room-cursor.ts";

/** A cursor that stands at message "p3" of a live room. */
function atThree(): RoomCursor {
  const cursor = new RoomCursor();
  cursor.joined({ position: "p3", replay: 1 });
  assert.equal(cursor.message("p3", "p2"), "deliver");
  return cursor;
}

const live: readonly [rule: string, position: string, previous: string | null | undefined, verdict: "deliver" | "drop" | "gap"][] = [
  ["a message whose previous is the own position is handed over", "p4", "p3", "deliver"],
  ["a message whose previous differs shows a gap", "p5", "p4", "gap"],
  ["the message at the own position is a duplicate", "p3", "p2", "drop"],
  ["a message of a store that cannot tell its previous is handed over", "p4", undefined, "deliver"],
  ["the first message of another epoch shows a gap to a client that stands at a message", "q1", null, "gap"],
];

for (const [rule, position, previous, verdict] of live) {
  test(`${rule} (wire, Positions)`, () => {
    const cursor = atThree();
    assert.equal(cursor.message(position, previous), verdict);
    assert.equal(cursor.position, verdict === "deliver" ? position : "p3");
  });
}

test("in an empty room the place of joined names no message: the first message of the epoch, with no previous, follows it (wire, Positions)", () => {
  const cursor = new RoomCursor();
  cursor.joined({ position: "p0", replay: 0 });
  assert.equal(cursor.message("p1", null), "deliver");
  assert.equal(cursor.message("p2", "p1"), "deliver");
});

test("before joined nothing counts: what comes belongs to an earlier stay", () => {
  const cursor = atThree();
  cursor.suspend();
  assert.equal(cursor.message("p4", "p3"), "drop");
  cursor.insufficient("q0");
  assert.equal(cursor.position, "p3");
});

test("until the first missed message is handed over, the client stands where it stood (wire, Recovery 1)", () => {
  const cursor = atThree();
  cursor.suspend();
  cursor.joined({ position: "p5", replay: 2, recovered: true });
  assert.equal(cursor.position, "p3");
  assert.equal(cursor.replaying, true);
  assert.equal(cursor.message("p4", "p3"), "deliver");
  assert.equal(cursor.position, "p4");
  assert.equal(cursor.message("p5", "p4"), "deliver");
  assert.equal(cursor.replaying, false);
  assert.equal(cursor.message("p6", "p5"), "deliver");
});

test("recovered without anything missed keeps the order going", () => {
  const cursor = atThree();
  cursor.suspend();
  cursor.joined({ position: "p3", replay: 0, recovered: true });
  assert.equal(cursor.message("p3", "p2"), "drop");
  assert.equal(cursor.message("p4", "p3"), "deliver");
});

test("without recovery the client stands at the place of joined, and the messages of rewind need no link to the old ones (wire, Recovery 3)", () => {
  const cursor = atThree();
  cursor.suspend();
  cursor.joined({ position: "q9", replay: 2, recovered: false });
  assert.equal(cursor.position, "q9");
  assert.equal(cursor.message("q8", "q7"), "deliver");
  assert.equal(cursor.message("q9", "q8"), "deliver");
  assert.equal(cursor.message("q10", "q9"), "deliver");
});

test("insufficient moves the client to the named place (wire, Recovery 5)", () => {
  const cursor = atThree();
  cursor.insufficient("q0");
  assert.equal(cursor.message("q1", null), "deliver");
});

test("a gap moves a live client to the named place, so that the next message needs no healing; in a replay it means nothing (wire, Slow readers)", () => {
  const cursor = atThree();
  assert.ok(cursor.gap("p7"));
  assert.deepEqual([cursor.position, cursor.message("p8", "p7")], ["p7", "deliver"]);
  cursor.joined({ position: "p12", replay: 2, recovered: true });
  assert.ok(!cursor.gap("p20"));
  cursor.suspend();
  assert.ok(!cursor.gap("p30"));
});

test("random cuts, duplicates, losses and late joins never lose or double a message handed to the application", () => {
  const step = fc.constantFrom("publish", "publish", "publish", "lose", "duplicate", "repeat-older", "cut", "heal");
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const log: string[] = [];
      const got: string[] = [];
      const cursor = new RoomCursor();
      const name = (offset: number): string => `p${offset}`;
      const previous = (offset: number): string | null => (offset === 1 ? null : name(offset - 1));
      const join = (): void => {
        const from = cursor.position === undefined ? log.length : Number(cursor.position.slice(1));
        cursor.suspend();
        cursor.joined({ position: name(log.length), replay: log.length - from, recovered: true });
        for (let offset = from + 1; offset <= log.length; offset++) deliver(offset);
      };
      const deliver = (offset: number): void => {
        const verdict = cursor.message(name(offset), previous(offset));
        if (verdict === "deliver") got.push(name(offset));
        if (verdict === "gap") join();
      };
      join();
      for (const action of steps) {
        if (action === "publish" || action === "lose") log.push(name(log.length + 1));
        if (action === "publish") deliver(log.length);
        if (action === "duplicate" && log.length > 0) deliver(log.length);
        if (action === "repeat-older" && log.length > 1) deliver(Math.ceil(log.length / 2));
        if (action === "cut") cursor.suspend();
        if (action === "heal") join();
      }
      join();
      assert.deepEqual(got, log);
    }),
  );
});
