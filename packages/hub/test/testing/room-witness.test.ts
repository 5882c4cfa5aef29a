import assert from "node:assert/strict";
import { test } from "node:test";
import { RoomWitness } from "../../src/testing/room-witness.ts";

const operation = (token: string): { token: string; padding: string } => ({ token, padding: "" });

test("it stands where joined says, but amid a replay where it stood, and amid a rewind nowhere", () => {
  const room = new RoomWitness("r");
  room.asked(1);
  assert.equal(room.joined(2, "e1", 0, undefined), false);
  assert.equal(room.isJoined, false);
  assert.equal(room.joined(1, "e1", 0, undefined), true);
  assert.deepEqual([room.isJoined, room.position], [true, "e1"]);
  room.asked(2);
  room.joined(2, "e4", 3, true);
  assert.equal(room.position, "e1");
  room.asked(3);
  room.joined(3, "e4", 3, false);
  assert.equal(room.position, undefined);
});

test("a refused join is to be tried again, a lost connection is not its matter", () => {
  const room = new RoomWitness("r");
  room.asked(1);
  assert.equal(room.joinRefused(7), false);
  assert.equal(room.joinRefused(1), true);
  assert.equal(room.mustJoin, true);
  room.lost();
  assert.equal(room.mustJoin, false);
});

test("what was lost under way goes again in the order of the first attempts, repeated ones included", () => {
  const room = new RoomWitness("r");
  const [a, b, c] = [operation("a"), operation("b"), operation("c")];
  room.sent(1, a);
  room.sent(2, b);
  assert.equal(room.hold(1), true);
  assert.deepEqual(room.takeHeld(), [], "b is under way");
  room.lost();
  assert.deepEqual(room.takeHeld(), [a, b]);
  room.sent(4, a);
  room.sent(5, b);
  room.sent(6, c);
  assert.equal(room.answered(4), a);
  assert.equal(room.hold(4), false);
  room.lost();
  assert.deepEqual([room.waiting, room.isHeld], [2, true]);
  assert.deepEqual(room.takeHeld(), [b, c]);
  room.forget();
  assert.equal(room.waiting, 0);
});

test("a publish whose repetition has no outcome is repeated, though an earlier attempt was answered", () => {
  const room = new RoomWitness("r");
  const a = operation("a");
  for (const ref of [1, 2]) room.sent(ref, a);
  assert.equal(room.answered(1), a);
  assert.equal(room.hold(2), true);
  assert.deepEqual(room.takeHeld(), [a]);
  for (const ref of [3, 4]) room.sent(ref, a);
  room.hold(3);
  assert.equal(room.answered(4), a);
  assert.deepEqual(room.takeHeld(), [a]);
  room.sent(5, a);
  room.answered(5);
  room.lost();
  assert.deepEqual(room.takeHeld(), []);
});
