import assert from "node:assert/strict";
import { test } from "node:test";
import { writePages } from "../harness/page.ts";
import { goalTable, sayVerdict, workloadTable } from "../harness/report.ts";
import { workloads } from "../harness/workloads.ts";
import { measured, resultsOf } from "./runs.ts";

const results = resultsOf({
  "echo-20": {
    openline: [measured(5), measured(6)],
    "ws-bufferutil": [measured(10), measured(10)],
    bun: [{ ok: false, error: "a wrong byte" }],
  },
  "echo-1k": { openline: [measured(8)], "ws-bufferutil": [measured(10)] },
});

test("the table of goals has the ratio and the goal side by side, a miss marked", () => {
  const { rows } = goalTable(results);
  assert.deepEqual(rows[0]?.slice(1), ["10.0", "5.00", "0.500", "≤ 0.790", "+10 %", "met"]);
  assert.deepEqual(rows[1]?.slice(1), ["10.0", "8.00", "0.800", "≤ 0.160", "+0.0 %", "MISSED"]);
  assert.equal(rows.length, 2);
});

test("a verdict within the noise says so", () => {
  assert.equal(sayVerdict({ kind: "missed", value: 0.8, noise: 0.1, isWithinNoise: true }), "MISSED, within the noise");
  assert.equal(sayVerdict({ kind: "no-verdict", value: 0.8, noise: 0.1, reason: "the driver" }), "no verdict: the driver");
});

test("a table of a workload has a row for each server, those that failed too", () => {
  const workload = workloads.find(({ id }) => id === "echo-20");
  assert.ok(workload);
  const { head, rows } = workloadTable(workload, results);
  assert.deepEqual(
    rows.map(([name]) => name),
    ["Openline", "ws + bufferutil", "Bun.serve"],
  );
  assert.equal(rows[2]?.[1], "failed: a wrong byte");
  for (const row of rows) assert.equal(row.length, head.length);
});

test("the page shows every workload that ran, and its pictures are written beside it", () => {
  const files = writePages(results);
  const page = files.get("performance.md") ?? "";
  assert.match(page, /### echo 20 B, 100 connections, 1 in flight/);
  assert.doesNotMatch(page, /### connect and close/);
  for (const [, path] of page.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)) assert.ok(files.has(path ?? ""), path);
  assert.match(page, /The machine was quiet/);
});

test("rounds that measured different builds are said to prove nothing about one", () => {
  const mixed = { ...results, circumstances: { ...results.circumstances, buildChanged: true } };
  assert.match(writePages(mixed).get("performance.md") ?? "", /Not a figure of one program/);
  assert.doesNotMatch(writePages(results).get("performance.md") ?? "", /Not a figure of one program/);
});
