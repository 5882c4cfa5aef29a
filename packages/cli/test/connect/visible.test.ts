import assert from "node:assert/strict";
import { test } from "node:test";
import { visible } from "../../src/connect/visible.ts";

test("what could steer a terminal is shown, text in any language and its lines stay", () => {
  assert.equal(visible("a\u001b[2Jb\u0007\u009b\rc\u202ed"), "a\\u001b[2Jb\\u0007\\u009b\\u000dc\\u202ed");
  assert.equal(visible("你好 👋\n\té"), "你好 👋\n\té");
});
