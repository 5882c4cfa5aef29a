import assert from "node:assert/strict";
import { test } from "node:test";
import { roomRules } from "../../src/token/room-rules.ts";

test("rules grant by pattern; the last = parts it from the actions", () => {
  assert.deepEqual(roomRules(["chat:*=join,publish", "a=b=*"]), { "chat:*": ["join", "publish"], "a=b": ["*"] });
  assert.equal(roomRules([]), undefined);
});

test("a rule without a pattern, and an action that is none, are refused by name", () => {
  assert.throws(() => roomRules(["=join"]), /--room must be PATTERN=ACTION,ACTION, not "=join"/);
  assert.throws(() => roomRules(["a"]), /PATTERN=ACTION/);
  assert.throws(() => roomRules(["a=join,shout"]), /--room knows the actions .*join.*, not "shout"/);
});
