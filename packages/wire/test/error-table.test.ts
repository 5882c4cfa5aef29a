import assert from "node:assert/strict";
import { test } from "node:test";
import { errorRule, errorTable, shouldReconnect } from "../src/index.ts";

test("a code that is not in the table has no rule, not even an inherited one", () => {
  assert.equal(errorRule("constructor"), undefined);
  assert.equal(errorRule("brand-new"), undefined);
  assert.equal(errorRule("too-slow"), errorTable["too-slow"]);
});

test("an error that may be retried never closes with a code that says stay away, nor the other way round (hub-v1, Errors)", () => {
  for (const [code, rule] of Object.entries(errorTable)) {
    if (rule.closeCode !== undefined) assert.equal(shouldReconnect(rule.closeCode), rule.retry, code);
  }
});
