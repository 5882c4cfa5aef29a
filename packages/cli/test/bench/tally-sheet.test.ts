import assert from "node:assert/strict";
import { test } from "node:test";
import { LatencyHistogram } from "../../src/bench/latency-histogram.ts";
import { failureReason, TallySheet } from "../../src/bench/tally-sheet.ts";

test("each report has what was counted since the one before; what is open stays", () => {
  const sheet = new TallySheet();
  sheet.opened(5);
  sheet.sent();
  sheet.received(2);
  sheet.wrong();
  sheet.failed("ECONNREFUSED");
  sheet.failed("ECONNREFUSED");
  const { latency, ...counts } = sheet.take();
  assert.deepEqual(counts, { opened: 1, open: 1, sent: 1, received: 2, late: 0, unanswered: 0, wrong: 1, failures: { ECONNREFUSED: 2 } });
  assert.equal(LatencyHistogram.from(latency).count, 2);
  assert.deepEqual(sheet.take(), { opened: 0, open: 1, sent: 0, received: 0, late: 0, unanswered: 0, wrong: 0, failures: {}, latency: [] });
});

test("what comes after the end is no part of the rate, and what never comes counts with the time that was waited: both are in the latency", () => {
  const sheet = new TallySheet();
  sheet.received(1);
  sheet.over();
  sheet.received(500);
  sheet.unanswered(3_000);
  const { received, late, unanswered, latency } = sheet.take();
  assert.deepEqual([received, late, unanswered], [1, 1, 1]);
  const times = LatencyHistogram.from(latency);
  assert.deepEqual([times.count, Math.round(times.highestMs / 100)], [3, 30]);
});

test("reasons are short, so that equal ones are counted together", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED ::1:9"), { code: "ECONNREFUSED" });
  assert.equal(failureReason(refused), "ECONNREFUSED");
  assert.equal(failureReason(new AggregateError([refused])), "ECONNREFUSED");
  assert.equal(failureReason(new Error("Unexpected server response: 503")), "HTTP 503");
  assert.equal(failureReason(new Error("closed with 1006")), "closed with 1006");
});
