import assert from "node:assert/strict";
import { test } from "node:test";
import { SharedRoom } from "../../src/shared/shared-room.ts";

test("a replay goes to the line that asked for it, what is live to all that are in the room", () => {
  const room = new SharedRoom<string>();
  room.enter("a", false);
  room.enter("b", false);
  room.joined(["b"], { type: "joined", room: "lobby", position: "e.2.t", replay: 2, memberCount: 1 });
  assert.deepEqual([room.nextMessage(), room.nextMessage(), room.nextMessage()], [["b"], ["b"], ["a", "b"]]);
});

test("the members are asked for as long as one line wants to know them", () => {
  const room = new SharedRoom<string>();
  assert.equal(room.enter("a", false), false);
  assert.equal(room.enter("b", true), true);
  assert.equal(room.enter("a", false), true);
  assert.deepEqual([room.lines({ presence: true }), room.tellsMembers("a"), room.tellsMembers("b")], [["b"], false, true]);
  assert.equal(room.enter("b", false), false);
});

test("a room is empty when its last line has left", () => {
  const room = new SharedRoom<string>();
  room.enter("a", false);
  assert.deepEqual([room.exit("b"), room.isEmpty, room.exit("a"), room.isEmpty], [false, false, true, true]);
});
