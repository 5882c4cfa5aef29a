import assert from "node:assert/strict";
import { test } from "node:test";
import { explanations } from "../harness/explanations.ts";
import { goals } from "../harness/goals.ts";
import { writePages } from "../harness/page.ts";
import { goalTable, missesToProfile, sayVerdict, workloadTable } from "../harness/report.ts";
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

test("a miss has its profile under the workload's table, and nowhere else", () => {
  const hot = [{ name: "writev", place: "native", share: 0.5 }];
  const page = writePages({ ...results, profiles: { "echo-1k": { of: "time", contestant: "openline", hot } } }).get("performance.md") ?? "";
  const [, first = "", second = ""] = page.split(/^### /m);
  assert.doesNotMatch(first, /writev/);
  assert.match(second, /\| Openline \|[^]*The goal was missed: where the time of \*Openline\* went[^]*\| writev \| 50 % \| native \|/);
});

test("a miss is explained under its workload, a goal that was met is not", () => {
  const explanation = explanations["echo-1k"] ?? "";
  assert.ok(writePages(results).get("performance.md")?.includes(explanation));
  const met = resultsOf({ "echo-1k": { openline: [measured(1)], "ws-bufferutil": [measured(10)] } });
  assert.ok(!writePages(met).get("performance.md")?.includes(explanation));
});

test("what is explained are workloads that have a goal", () => {
  for (const id of Object.keys(explanations))
    assert.ok(
      goals.some(({ workload }) => workload === id),
      id,
    );
});

test("of two misses on one workload the server without options is profiled", () => {
  const runs = {
    "echo-1m": { openline: [measured(30)], "openline-view": [measured(20)], "ws-bufferutil": [measured(10)] },
    "idle-heartbeat": {
      openline: [measured(1, { idleMicrosecondsPerSecond: 3 })],
      "ws-bufferutil": [measured(1, { idleMicrosecondsPerSecond: 1 })],
    },
  };
  assert.deepEqual(missesToProfile(resultsOf(runs)), [
    { workload: "echo-1m", contestant: "openline", of: "time" },
    { workload: "idle-heartbeat", contestant: "openline", of: "time" },
  ]);
  const views = { ...runs["echo-1m"], openline: [measured(1)] };
  assert.deepEqual(missesToProfile(resultsOf({ "echo-1m": views })), [{ workload: "echo-1m", contestant: "openline-view", of: "time" }]);
  const both = [measured(1, { bytesPerConnection: 9000 })];
  assert.deepEqual(missesToProfile(resultsOf({ idle: { openline: both, "openline-http": both } })), [
    { workload: "idle", contestant: "openline", of: "memory" },
  ]);
});

test("how long the last client waited is a column where clients come back, and nowhere else", () => {
  const workload = workloads.find(({ id }) => id === "hub-recover");
  assert.ok(workload);
  const { head, rows } = workloadTable(
    workload,
    resultsOf({ "hub-recover": { "openline-hub": [measured(500, { lastMilliseconds: 420 })] } }),
  );
  assert.equal(rows[0]?.[head.indexOf("until the last, ms")], "420");
  const echo = workloads.find(({ id }) => id === "echo-20");
  assert.ok(echo && !workloadTable(echo, results).head.includes("until the last, ms"));
});

test("the overview shows few servers, the other pictures all", () => {
  const runs = { "echo-20": { openline: [measured(5)], "openline-portable": [measured(9)], "ws-bufferutil": [measured(10)] } };
  const files = writePages(resultsOf(runs));
  assert.doesNotMatch(files.get("performance/overview.svg") ?? "", /portable/);
  assert.match(files.get("performance/echo.svg") ?? "", /portable/);
});

test("rounds that measured different builds are said to prove nothing about one", () => {
  const mixed = { ...results, circumstances: { ...results.circumstances, buildChanged: true } };
  assert.match(writePages(mixed).get("performance.md") ?? "", /Not a figure of one program/);
  assert.doesNotMatch(writePages(results).get("performance.md") ?? "", /Not a figure of one program/);
});
