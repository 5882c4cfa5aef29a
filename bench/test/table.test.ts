import assert from "node:assert/strict";
import { test } from "node:test";
import { formatNumber, formatPercent, markdownTable, plainTable } from "../harness/table.ts";

const numbers: readonly [number, string][] = [
  [0, "0"],
  [0.0453, "0.0453"],
  [0.33456, "0.335"],
  [0.79, "0.790"],
  [8.934, "8.93"],
  [74.25, "74.3"],
  [398.4, "398"],
  [1_234_567.8, "1,234,568"],
];

test("numbers have three digits that count, and commas from a thousand on", () => {
  for (const [value, expected] of numbers) assert.equal(formatNumber(value), expected);
});

test("shares are percents, with a decimal below ten", () => {
  assert.equal(formatPercent(0.034), "3.4 %");
  assert.equal(formatPercent(0.34), "34 %");
});

const table = {
  head: ["server", "µs"],
  rows: [
    ["Openline", "4.5"],
    ["ws", "12"],
    ["gone", "failed: no"],
  ],
};

test("a table for a terminal: columns of equal width, numbers to the right and words to the left", () => {
  assert.equal(
    plainTable(table),
    ["server    µs", "--------  ----------", "Openline         4.5", "ws                12", "gone      failed: no"].join("\n"),
  );
});

test("a table for Markdown: bars in cells are escaped", () => {
  const text = markdownTable({ head: ["a", "b"], rows: [["x|y", "1"]] });
  assert.equal(text, "| a | b |\n|---|---:|\n| x\\|y | 1 |");
});
