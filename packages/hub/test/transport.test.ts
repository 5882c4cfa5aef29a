import assert from "node:assert/strict";
import { test } from "node:test";
import { outgoing } from "../src/transport.ts";

test("an outgoing message knows its bytes in UTF-8 and has room for a prepared frame from the start", () => {
  assert.deepEqual(outgoing("你👋"), { text: "你👋", bytes: 7, frame: undefined });
});
