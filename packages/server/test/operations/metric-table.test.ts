import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { metricTable } from "../../src/operations/metric-table.ts";

test("docs/operations.md has each metric with its kind, labels and meaning, and no other", () => {
  const page = readFileSync(new URL("../../../../docs/operations.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => /^\| `(?:openline|process)_/.test(line));
  const wanted = metricTable.map(
    ({ name, kind, labels, help }) => `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`,
  );
  assert.deepEqual(rows, wanted);
});

test("names are of Prometheus' form: counters end in _total, and no two are equal", () => {
  for (const { name, kind, labels } of metricTable) {
    assert.match(name, /^(?:openline|process)_[a-z_]+$/);
    assert.equal(name.endsWith("_total"), kind === "counter", name);
    for (const label of labels) assert.doesNotMatch(label, /room|user|session|address/);
  }
  assert.equal(new Set(metricTable.map(({ name }) => name)).size, metricTable.length);
});
