import assert from "node:assert/strict";
import { test } from "node:test";
import { Counter, Gauge, Registry } from "prom-client";
import { MetricSum, type MetricsJson } from "../../src/workers/metric-sum.ts";

async function shown(count: number, open: number, ready: number): Promise<MetricsJson> {
  const registry = new Registry();
  new Counter({ name: "sent_total", help: "h", labelNames: ["code"], registers: [registry] }).inc({ code: "a" }, count);
  new Gauge({ name: "open", help: "h", registers: [registry] }).set(open);
  new Gauge({ name: "ready", help: "h", aggregator: "min", registers: [registry] }).set(ready);
  // As it comes over the line.
  return JSON.parse(JSON.stringify(await registry.getMetricsAsJSON())) as MetricsJson;
}

const valuesIn = (text: string): string[] => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

test("the values of all workers are added up, or what the metric says of itself", async () => {
  const sum = new MetricSum();
  sum.saw(1, await shown(3, 10, 1));
  sum.saw(2, await shown(4, 20, 0));
  assert.deepEqual(valuesIn(await sum.text(await shown(100, 0, 1))), ['sent_total{code="a"} 107', "open 30", "ready 0"]);
});

test("counters of workers that are gone stay in the sum, so that it never falls; gauges go", async () => {
  const sum = new MetricSum();
  for (const worker of [1, 2, 3]) sum.saw(worker, await shown(worker, 10, 1));
  sum.gone(1);
  sum.gone(2);
  sum.gone(9);
  assert.deepEqual(valuesIn(await sum.text([])), ['sent_total{code="a"} 6', "open 10", "ready 1"]);
  sum.gone(3);
  sum.saw(4, await shown(10, 1, 1));
  assert.deepEqual(valuesIn(await sum.text([])), ['sent_total{code="a"} 16', "open 1", "ready 1"]);
});
