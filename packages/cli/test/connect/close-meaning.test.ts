import assert from "node:assert/strict";
import { test } from "node:test";
import { closeMeaning, hubCloseMeaning } from "../../src/connect/close-meaning.ts";

for (const [code, text] of [
  [1000, "normal end"],
  [1006, "the line broke without a close frame"],
  [3000, "a registered code"],
  [4999, "the application's own code"],
  [999, "unknown"],
  [5000, "unknown"],
] as const) {
  test(`${code} is: ${text} (RFC 6455 §7.4)`, () => assert.equal(closeMeaning(code), text));
}

test("a hub's codes say what they mean there, and what to do (hub-v1, Close codes)", () => {
  assert.match(hubCloseMeaning(4403), /token is missing, foreign or expired: give --token/);
  assert.equal(hubCloseMeaning(1012), "the server restarts");
  assert.equal(hubCloseMeaning(4999), "the application's own code");
});
