import assert from "node:assert/strict";
import { test } from "node:test";
import { comparisonText, msText, progressLine, resultJson, resultText } from "../../src/bench/bench-text.ts";
import { histogram, result } from "./result.ts";

const plain = { out: { write: () => undefined }, err: { write: () => undefined }, environment: {}, isInteractive: false };
const good = { kind: "measured", faults: [] } as const;

test("times have three digits that count", () => {
  assert.deepEqual([0.123, 5, 12.34, 123.4, 12_345].map(msText), ["0.12 ms", "5.00 ms", "12.3 ms", "123 ms", "12 s"]);
});

test("the table has rates, percentiles and what they are counted from; the verdict stands last", () => {
  const text = resultText(result(), good, plain);
  for (const part of [
    /sent +4, 2 a second/,
    /latency +p50 2\.\d+ ms .* most \d+(?:\.\d)? ms/,
    /counted from each sending/,
    /nothing was lost, nothing failed\n$/,
  ])
    assert.match(text, part);
  const due = resultText(result({ plan: { ...result().plan, ratePerSecond: 5 } }), good, plain);
  assert.match(due, /counted from when it was due/);
  const avalanche = result({ plan: { ...result().plan, scenario: "avalanche" } });
  assert.match(resultText(avalanche, good, plain), /until back, counted from the break, refusals included/);
  assert.match(resultText(result(), { kind: "no verdict", limits: ["the driver"] }, plain), /no verdict: .*\n {4}the driver\n$/);
});

test("slow readers: the others' p99 before and during, and how many times that is", () => {
  const slow = result({ plan: { ...result().plan, scenario: "slow-readers" }, halves: [histogram(10), histogram(20)] });
  assert.match(resultText(slow, good, plain), /p99 before and during +\S+ ms and \S+ ms, (?:1\.9\d|2\.0\d) times/);
});

test("JSON has the same, and no secret of the plan", () => {
  const { plan } = result();
  const json = JSON.stringify(resultJson(result({ plan: { ...plan, token: "hidden", headers: { cookie: "hidden" } } }), good));
  assert.ok(!json.includes("hidden"));
  const { latencyMs, perSecond, verdict } = JSON.parse(json);
  assert.deepEqual([latencyMs.count, perSecond, verdict.kind], [4, 2, "measured"]);
});

test("progress says where it stands; two servers are shown with the ratio of their medians", () => {
  assert.equal(progressLine({ phase: "opening", open: 5, second: 0, last: undefined }, 2000), "opening: 5 connections");
  const running = { phase: "running", open: 10, second: 1, last: result().seconds[0] } as const;
  assert.equal(progressLine(running, 2000), "1/2 s  10 open  2/s  p50 1.00 ms  p99 2.00 ms");
  const text = comparisonText([result({ received: 100 })], [result({ received: 50 })], plain);
  assert.match(text, /a second +50 +25 +2\.00\n/);
});
