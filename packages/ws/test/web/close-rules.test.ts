import assert from "node:assert/strict";
import { test } from "node:test";
import { checkClose } from "../../src/web/close-rules.ts";

test("scripts may close with 1000, 3000 to 4999, or without a code (WebSockets Standard §3.1)", () => {
  for (const code of [undefined, 1000, 3000, 3999, 4000, 4999]) assert.doesNotThrow(() => checkClose(code, ""));
});

test("any other code is an InvalidAccessError (WebSockets Standard §3.1)", () => {
  for (const code of [0, 999, 1001, 1005, 1006, 2999, 5000, 65_535])
    assert.throws(() => checkClose(code, ""), { name: "InvalidAccessError", code: 15 });
});

test("a reason of 123 bytes passes, one of 124 is a SyntaxError, in bytes of UTF-8 (WebSockets Standard §3.1)", () => {
  assert.doesNotThrow(() => checkClose(1000, "é".repeat(61) + "a"));
  assert.throws(() => checkClose(1000, "é".repeat(62)), { name: "SyntaxError", code: 12 });
});
