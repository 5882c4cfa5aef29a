import assert from "node:assert/strict";
import { test } from "node:test";
import { array, constantFrom, double, assert as holds, property } from "fast-check";
import { LatencyHistogram } from "../../src/bench/latency-histogram.ts";

test("percentiles are those of the values, at most 1.6 % off", () => {
  holds(
    property(
      array(double({ min: 0.001, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
      constantFrom(0.5, 0.9, 0.99, 1),
      (values, share) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.record(value);
        const sorted = values.toSorted((one, other) => one - other);
        const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
        assert.ok(Math.abs(histogram.percentile(share) - exact) <= exact * 0.016 + 0.001, `${histogram.percentile(share)} for ${exact}`);
      },
    ),
  );
});

test("R25: added up, histograms give the percentile of all values, not the mean of percentiles", () => {
  const [fast, slow, both] = [new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram()];
  for (let index = 0; index < 990; index++) fast.record(1);
  for (let index = 0; index < 10; index++) slow.record(100);
  for (const { toData } of [fast, slow].map((one) => ({ toData: one.toData() }))) both.add(toData);
  assert.ok(both.percentile(0.99) < 1.1 && both.percentile(0.995) > 98);
  assert.deepEqual([both.count, Math.round(both.meanMs * 10) / 10], [1000, 2]);
});

test("take gives what was counted since the last time", () => {
  const histogram = new LatencyHistogram();
  histogram.record(5);
  assert.equal(LatencyHistogram.from(histogram.take()).count, 1);
  assert.deepEqual([histogram.count, histogram.percentile(0.5), histogram.take()], [0, 0, []]);
});
