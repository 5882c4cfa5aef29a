import assert from "node:assert/strict";
import { test } from "node:test";
import { compareWithBaseline } from "../harness/baseline.ts";

const baseline = { node: "20.20.2", nanoseconds: { steady: 100, slower: 100, faster: 100 } };

test("each figure stands beside the baseline's, and 15 % either way is said in words", () => {
  const { rows } = compareWithBaseline({ steady: 115, slower: 116, faster: 84, newcomer: 5 }, baseline);
  assert.deepEqual(rows, [
    ["steady", "115", "100", "1.15", ""],
    ["slower", "116", "100", "1.16", "SLOWER"],
    ["faster", "84.0", "100", "0.840", "faster"],
    ["newcomer", "5.00", "-", "-", "new"],
  ]);
});

test("without a baseline everything is new", () => {
  assert.deepEqual(compareWithBaseline({ any: 1 }, undefined).rows, [["any", "1.00", "-", "-", "new"]]);
});
