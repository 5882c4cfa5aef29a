import { paint, type Terminal } from "../terminal.ts";
import { spanText } from "../time-span.ts";
import type { BenchProgress, BenchResult } from "./bench-run.ts";
import type { BenchVerdict } from "./bench-verdict.ts";
import type { LatencyHistogram } from "./latency-histogram.ts";

const count = (value: number): string => Math.round(value).toLocaleString("en-US");

/** A time of milliseconds, with three digits that count. */
export function msText(ms: number): string {
  if (ms >= 10_000) return `${count(ms / 1000)} s`;
  return `${ms >= 100 ? Math.round(ms) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}

/** How a run stands, in one line. */
export function progressLine({ phase, open, second, last }: BenchProgress, durationMs: number): string {
  if (phase === "opening" || last === undefined) return `opening: ${count(open)} connections`;
  return `${second}/${Math.round(durationMs / 1000)} s  ${count(open)} open  ${count(last.received)}/s  p50 ${msText(last.p50Ms)}  p99 ${msText(last.p99Ms)}`;
}

const shares = [0.5, 0.9, 0.99, 0.999] as const;

/** What latency means in a scenario. */
const latencyOf = {
  echo: "round trip",
  "fan-out": "from sender to each receiver",
  "slow-readers": "from sender to each receiver that reads",
  handshakes: "until open",
  jitter: "until back",
  avalanche: "until back",
  idle: "",
} as const;

/** What a run came to, as a table for people. */
export function resultText(result: BenchResult, verdict: BenchVerdict, terminal: Terminal): string {
  const { plan, latency, elapsedMs, received, late, unanswered, sent, opened, open, drivers } = result;
  const seconds = elapsedMs / 1000;
  const rows: [string, string][] = [
    [
      "scenario",
      `${plan.scenario}, ${count(plan.connections)} connections, ${spanText(elapsedMs)}, ${drivers} driver${drivers === 1 ? "" : "s"}`,
    ],
    ["connections", `${count(opened)} opened, ${count(open)} open at the end`],
  ];
  if (sent > 0) rows.push(["sent", `${count(sent)}, ${count(sent / seconds)} a second`]);
  if (latency.count > 0) {
    const after = late > 0 ? `, and ${count(late)} after the end` : "";
    rows.push([sent > 0 ? "received" : "done", `${count(received)}, ${count(received / seconds)} a second${after}`]);
    if (unanswered > 0) rows.push(["never came", `${count(unanswered)}, in the latency with the time that was waited for them`]);
    rows.push([
      "latency",
      `${shares.map((share) => `p${share * 100} ${msText(latency.percentile(share))}`).join("  ")}  most ${msText(latency.highestMs)}`,
    ]);
    rows.push(["", paint(terminal, "dim", `${latencyOf[plan.scenario]}, ${basisOf(result)}`)]);
  }
  if (plan.scenario === "slow-readers") rows.push(["p99 before and during", halvesText(result.halves)]);
  const table = rows.map(([name, value]) => `  ${name.padEnd(22)}${value}\n`).join("");
  return `${paint(terminal, "bold", plan.url)}\n${table}${verdictText(verdict, terminal)}`;
}

const due = "counted from when it was due";
/** Where the time begins, as docs/bench.md says. */
const basis = {
  echo: due,
  "fan-out": due,
  "slow-readers": due,
  handshakes: due,
  jitter: "counted from the first attempt, refusals included",
  avalanche: "counted from the break, refusals included",
  idle: "",
} as const;

function basisOf({ plan }: BenchResult): string {
  if (plan.ratePerSecond === undefined && plan.scenario === "handshakes") return "counted from each attempt";
  if (plan.ratePerSecond === undefined && plan.scenario === "echo")
    return "counted from each sending: give a --rate to see what a standstill costs";
  return basis[plan.scenario];
}

function halvesText([before, during]: readonly [LatencyHistogram, LatencyHistogram]): string {
  const [one, other] = [before.percentile(0.99), during.percentile(0.99)];
  return `${msText(one)} and ${msText(other)}${one > 0 ? `, ${(other / one).toFixed(2)} times` : ""}`;
}

function verdictText(verdict: BenchVerdict, terminal: Terminal): string {
  if (verdict.kind === "no verdict") {
    const lines = verdict.limits.map((limit) => `    ${limit}\n`).join("");
    return `  ${paint(terminal, "yellow", "no verdict")}: what stopped this run was not the server\n${lines}`;
  }
  if (verdict.faults.length === 0) return "  nothing was lost, nothing failed\n";
  return `  ${paint(terminal, "yellow", "failures")}\n${verdict.faults.map((fault) => `    ${fault}\n`).join("")}`;
}

/** The result as one JSON object. */
export function resultJson(result: BenchResult, verdict: BenchVerdict): object {
  const { plan, latency, halves, lateness, ...counts } = result;
  const { headers: _headers, token: _token, ...shown } = plan;
  return {
    plan: shown,
    ...counts,
    perSecond: result.received / (result.elapsedMs / 1000),
    latencyMs: percentiles(latency),
    ...(plan.scenario === "slow-readers" && { beforeMs: percentiles(halves[0]), duringMs: percentiles(halves[1]) }),
    latenessMs: percentiles(lateness),
    verdict,
  };
}

function percentiles(histogram: LatencyHistogram): Readonly<Record<string, number>> {
  const named = shares.map((share): [string, number] => [`p${share * 100}`, histogram.percentile(share)]);
  return { count: histogram.count, mean: histogram.meanMs, ...Object.fromEntries(named), highest: histogram.highestMs };
}

/** Two servers' rounds side by side: medians, and their ratio. */
export function comparisonText(first: readonly BenchResult[], second: readonly BenchResult[], terminal: Terminal): string {
  const rows: [string, (result: BenchResult) => number, (value: number) => string][] = [
    ["a second", ({ received, elapsedMs }) => received / (elapsedMs / 1000), count],
    ["p50", ({ latency }) => latency.percentile(0.5), msText],
    ["p99", ({ latency }) => latency.percentile(0.99), msText],
    ["p99.9", ({ latency }) => latency.percentile(0.999), msText],
  ];
  const lines = rows.map(([name, valueOf, show]) => {
    const [one, other] = [median(first.map(valueOf)), median(second.map(valueOf))];
    const ratio = other === 0 ? "" : (one / other).toFixed(2);
    return `  ${name.padEnd(10)}${show(one).padStart(14)}${show(other).padStart(14)}${ratio.padStart(10)}\n`;
  });
  const head = `  ${"".padEnd(10)}${"first".padStart(14)}${"second".padStart(14)}${"ratio".padStart(10)}\n`;
  const title = `${first[0]?.plan.url} and ${second[0]?.plan.url}: medians of ${first.length} rounds each, by turns`;
  return `${paint(terminal, "bold", title)}\n${head}${lines.join("")}`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
