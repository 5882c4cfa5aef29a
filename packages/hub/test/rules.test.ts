import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultRules } from "../src/rules.ts";

test("a room keeps 1,000 messages, 8 MiB, one hour unless told otherwise, and nobody can change that for others", () => {
  assert.deepEqual(defaultRules, { history: { messages: 1000, bytes: 8_388_608, ageMs: 3_600_000 }, presence: true });
  assert.ok(Object.isFrozen(defaultRules) && Object.isFrozen(defaultRules.history));
});
