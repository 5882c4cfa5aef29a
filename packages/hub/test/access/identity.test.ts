import assert from "node:assert/strict";
import { test } from "node:test";
import { roomActions } from "../../src/access/identity.ts";

test("the actions of a room are join, publish, presence and history, and stay so", () => {
  assert.deepEqual(roomActions, ["join", "publish", "presence", "history"]);
  assert.ok(Object.isFrozen(roomActions));
});
