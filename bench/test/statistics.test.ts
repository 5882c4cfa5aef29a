import assert from "node:assert/strict";
import { test } from "node:test";
import { median, summarize } from "../harness/statistics.ts";

const medians: readonly [readonly number[], number][] = [
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
  [[10, 9, 100], 10],
];

test("the median is the middle value by size, or the mean of the two in the middle", () => {
  for (const [values, expected] of medians) assert.equal(median(values), expected, String(values));
  assert.throws(() => median([]), RangeError);
});

test("a summary keeps lowest, median and highest; its noise is how far the median lies above the lowest", () => {
  assert.deepEqual(summarize([12, 10, 11]), { rounds: 3, lowest: 10, median: 11, highest: 12, noise: 11 / 10 - 1 });
  assert.deepEqual(summarize([0, 0]), { rounds: 2, lowest: 0, median: 0, highest: 0, noise: 0 });
  assert.equal(summarize([]), undefined);
});
