import assert from "node:assert/strict";
import { test } from "node:test";
import { scenarios } from "../../src/bench/bench-plan.ts";
import { acts } from "../../src/bench/scenario-acts.ts";

// What each of them does is seen from outside, in bench.test.ts.
test("each scenario has its act", () => {
  assert.deepEqual(Object.keys(acts).toSorted(), scenarios.toSorted());
});
