import assert from "node:assert/strict";
import { test } from "node:test";
import { closeMeaning } from "../../src/connect/close-meaning.ts";

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
