import assert from "node:assert/strict";
import { test } from "node:test";
import { formatLimits } from "@openline/wire";
import { dataFault } from "../../src/scaledrone/data-fault.ts";

const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));

test("what can be sent on as it came has no fault", () => {
  for (const value of [null, true, -0.5, "嗨", [], { a: [{ b: null }] }, nested(formatLimits.dataDepth)]) {
    assert.equal(dataFault(value), undefined);
  }
});

test("what JSON.stringify cannot follow, and numbers that it would write as null, are faults with their limit", () => {
  assert.match(dataFault(nested(formatLimits.dataDepth + 1)) ?? "", /nests deeper than the limit of \d+/);
  assert.match(dataFault(nested(100_000)) ?? "", /nests deeper/);
  assert.match(dataFault(JSON.parse('{"a":[1e999]}')) ?? "", /beyond the range of a double/);
});
