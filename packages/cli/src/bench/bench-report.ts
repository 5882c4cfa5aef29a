import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { BenchResult } from "./bench-run.ts";
import { resultText } from "./bench-text.ts";
import type { BenchVerdict } from "./bench-verdict.ts";

/** One run in a report. */
export interface ReportedRun {
  readonly result: BenchResult;
  readonly verdict: BenchVerdict;
}

const plain = { out: { write: () => undefined }, err: { write: () => undefined }, environment: {}, isInteractive: false };

/** A page that stands by itself: what each run came to, and plots over time and of all percentiles. `comparison` stands above where two servers were compared. */
export function reportPage(runs: readonly ReportedRun[], comparison: string | undefined, taken: Date): string {
  const folder = dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
  const script = readFileSync(join(folder, "dist/uPlot.iife.min.js"), "utf8");
  const style = readFileSync(join(folder, "dist/uPlot.min.css"), "utf8");
  const sections = runs.map(({ result, verdict }, index) => section(result, verdict, index)).join("\n");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>openline bench: ${escape(runs[0]?.result.plan.url ?? "")}</title>
<style>${style}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; background: #fff; color: #1f2328; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; overflow-wrap: anywhere; } h3 { font-size: 1rem; margin: 1.5rem 0 0.25rem; }
pre { overflow-x: auto; background: #f6f8fa; padding: 0.75rem 1rem; border-radius: 6px; font-size: 0.85rem; }
.soft { color: #59636e; } .plot { min-height: 240px; }
</style>
<h1>openline bench</h1>
<p class="soft">${escape(taken.toISOString())}</p>
${comparison === undefined ? "" : `<pre>${escape(comparison)}</pre>`}
${sections}
<script>${script}</script>
<script>
const runs = ${JSON.stringify(runs.map(({ result }) => plotData(result))).replaceAll("<", "\\u003c")};
const draw = (id, data, series) => {
  const element = document.getElementById(id);
  const width = () => Math.min(element.clientWidth, 920);
  const plot = new uPlot({ width: width(), height: 240, series, scales: { x: { time: false }, y: { range: (plot, least, most) => [0, Math.max(most * 1.05, 0.001)] } }, axes: [{ incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] }, {}], cursor: { drag: { x: true, y: false } } }, data, element);
  addEventListener("resize", () => plot.setSize({ width: width(), height: 240 }));
};
const line = (label, stroke) => ({ label, stroke, width: 2, points: { show: false } });
runs.forEach((run, index) => {
  draw("rate-" + index, [run.seconds, run.received], [{ label: "second" }, line("a second", "#0969da")]);
  draw("time-" + index, [run.seconds, run.p50, run.p99], [{ label: "second" }, line("p50, ms", "#1a7f37"), line("p99, ms", "#bc4c00")]);
  draw("shares-" + index, [run.shares, run.times], [{ label: "percent" }, line("ms", "#8250df")]);
});
</script>
</html>
`;
}

function section(result: BenchResult, verdict: BenchVerdict, index: number): string {
  return `<h2>${escape(result.plan.url)}</h2>
<pre>${escape(resultText(result, verdict, plain))}</pre>
<h3>Over time</h3>
<div class="plot" id="rate-${index}"></div>
<h3>Latency over time, ms</h3>
<div class="plot" id="time-${index}"></div>
<h3>Latency of so many percent, ms</h3>
<div class="plot" id="shares-${index}"></div>`;
}

interface PlotData {
  readonly seconds: readonly number[];
  readonly received: readonly number[];
  readonly p50: readonly number[];
  readonly p99: readonly number[];
  /** Percent, and the time below which so many lie. */
  readonly shares: readonly number[];
  readonly times: readonly number[];
}

function plotData({ seconds, latency }: BenchResult): PlotData {
  const shares = [...Array.from({ length: 99 }, (_, index) => index + 1), 99.5, 99.9, 99.99];
  return {
    seconds: seconds.map((_, index) => index + 1),
    received: seconds.map(({ received }) => received),
    p50: seconds.map(({ p50Ms }) => p50Ms),
    p99: seconds.map(({ p99Ms }) => p99Ms),
    shares,
    times: shares.map((share) => latency.percentile(share / 100)),
  };
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
