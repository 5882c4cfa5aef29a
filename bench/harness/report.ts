import { type Contestant, contestants, reference } from "./contestants.ts";
import { type Goal, goals } from "./goals.ts";
import type { Panel, Plot } from "./plot.ts";
import { type Figure, type Measured, measuredRuns, type Profiled, type Results, type Runs, summaryOf } from "./results.ts";
import { median } from "./statistics.ts";
import { formatNumber, formatPercent, type Table } from "./table.ts";
import { judge, type Limit, limitOf, type Verdict } from "./verdict.ts";
import { type Workload, workloads } from "./workloads.ts";

const titleOf = (goal: Goal): string => {
  const workload = workloads.find(({ id }) => id === goal.workload);
  return [workload?.title ?? goal.workload, goal.note].filter(Boolean).join("; ");
};

const plurals: Record<Workload["unit"], string> = {
  message: "messages",
  delivery: "deliveries",
  handshake: "handshakes",
  connection: "connections",
  client: "clients",
};

const limitWords: Record<Limit, string> = { server: "server", driver: "driver", neither: "-" };

/** How a verdict is said; a miss is never left out. */
export function sayVerdict(verdict: Verdict): string {
  if (verdict.kind === "not-run") return `not run: ${verdict.reason}`;
  if (verdict.kind === "no-verdict") return `no verdict: ${verdict.reason}`;
  const word = verdict.kind === "met" ? "met" : "MISSED";
  return verdict.isWithinNoise ? `${word}, within the noise` : word;
}

/** One row for each goal about the workloads that ran. */
export function goalTable({ runs, skipped }: Results, about: readonly Goal[] = goals): Table {
  const head = ["workload", "ws + bufferutil", "Openline", "ratio", "goal", "noise", "verdict"];
  const rows = about.filter((goal) => runs[goal.workload] !== undefined).map((goal) => goalRow(goal, runs, judge(goal, runs, skipped)));
  return { head, rows };
}

function goalRow(goal: Goal, runs: Runs, verdict: Verdict): string[] {
  const lowest = (contestant: string): string => {
    const summary = summaryOf(runs, goal.workload, contestant, goal.figure);
    return summary === undefined ? "-" : formatNumber(summary.lowest);
  };
  const value = verdict.kind === "not-run" ? undefined : verdict;
  return [
    titleOf(goal),
    lowest(reference),
    lowest(goal.contestant),
    value === undefined || goal.kind === "absolute" ? "-" : formatNumber(value.value),
    `≤ ${formatNumber(goal.atMost)}`,
    value === undefined ? "-" : `+${formatPercent(value.noise)}`,
    sayVerdict(verdict),
  ];
}

const plainContestant = "openline";

const profiledFigures: Partial<Record<Figure, Profiled["of"]>> = {
  serverMicroseconds: "time",
  idleMicrosecondsPerSecond: "time",
  bytesPerConnection: "memory",
};

/** A miss that a profile can explain. */
export interface Miss {
  readonly workload: string;
  readonly contestant: string;
  readonly of: Profiled["of"];
}

/** The misses to be profiled, one for each workload: the server without options, if it is among them. */
export function missesToProfile({ runs, skipped }: Results): Miss[] {
  const misses = goals.flatMap((goal): Miss[] => {
    const of = profiledFigures[goal.figure];
    if (of === undefined || judge(goal, runs, skipped).kind !== "missed") return [];
    return [{ workload: goal.workload, contestant: goal.contestant, of }];
  });
  const chosen = new Map<string, Miss>();
  for (const miss of misses) if (!chosen.has(miss.workload) || miss.contestant === plainContestant) chosen.set(miss.workload, miss);
  return [...chosen.values()];
}

/** Where time or memory went, one row for each function. */
export function profileTable({ of, hot }: Profiled): Table {
  return {
    head: ["function", of === "time" ? "own time" : "allocated by it", "place"],
    rows: hot.map(({ name, place, share }) => [name, formatPercent(share), place]),
  };
}

/** One row for each contestant of the workload. */
export function workloadTable(workload: Workload, { runs }: Results): Table {
  const hasLast = contestants.some(({ id }) => measuredRuns(runs, workload.id, id).some((run) => run.lastMilliseconds !== undefined));
  const head = [
    "server",
    `${workload.figureTitle}: lowest`,
    "median",
    "ratio to ws",
    `${plurals[workload.unit]}/s`,
    "p50, µs",
    "p99, µs",
    ...(hasLast ? ["until the last, ms"] : []),
    "limit",
    "others' CPU",
  ];
  const base = summaryOf(runs, workload.id, reference, workload.figure);
  const rows = contestants.flatMap((contestant) => {
    const measured = measuredRuns(runs, workload.id, contestant.id);
    const cost = summaryOf(runs, workload.id, contestant.id, workload.figure);
    if (cost === undefined) return failureRow(contestant, workload, runs, head.length);
    return [
      [
        contestant.label,
        formatNumber(cost.lowest),
        formatNumber(cost.median),
        base === undefined ? "-" : formatNumber(cost.lowest / base.lowest),
        formatNumber(median(measured.map((run) => run.perSecond))),
        middle(measured, "p50Microseconds"),
        middle(measured, "p99Microseconds"),
        ...(hasLast ? [middle(measured, "lastMilliseconds")] : []),
        workload.figure === "serverMicroseconds" ? limitWords[limitOf(measured)] : "-",
        `${median(measured.map((run) => run.otherPercent)).toFixed(0)} %`,
      ],
    ];
  });
  return { head, rows };
}

function failureRow(contestant: Contestant, workload: Workload, runs: Runs, columns: number): string[][] {
  const failed = (runs[workload.id]?.[contestant.id] ?? []).find((run) => !run.ok);
  if (failed?.ok !== false) return [];
  return [[contestant.label, `failed: ${failed.error}`, ...Array.from({ length: columns - 2 }, () => "-")]];
}

function middle(runs: readonly Measured[], figure: "p50Microseconds" | "p99Microseconds" | "lastMilliseconds"): string {
  const values = runs.flatMap((run) => run[figure] ?? []);
  return values.length === 0 ? "-" : formatNumber(median(values));
}

/** A picture of some workloads: the lowest figure of each contestant (or of those named), the goal as a line. */
export function plotOf(title: string, ids: readonly string[], { runs, circumstances }: Results, only?: readonly string[]): Plot {
  const panels = ids.flatMap((id) => {
    const workload = workloads.find((each) => each.id === id);
    return workload === undefined ? [] : panelOf(workload, runs, only);
  });
  const dashed = panels.some(({ goal }) => goal !== undefined) ? "; dashed: the goal" : "";
  const rounds = circumstances.rounds === 1 ? "one round" : `lowest of ${circumstances.rounds} rounds`;
  const note = `${rounds}; shorter is better${dashed}. Node ${circumstances.node}, ${circumstances.takenAt.slice(0, 10)}`;
  return { title, note, panels, formatValue: formatNumber };
}

function panelOf(workload: Workload, runs: Runs, only?: readonly string[]): Panel[] {
  const shown = contestants.filter(({ id }) => only === undefined || only.includes(id));
  const bars = shown.flatMap(({ id, label, kind }) => {
    const summary = summaryOf(runs, workload.id, id, workload.figure);
    return summary === undefined ? [] : [{ label, value: summary.lowest, kind }];
  });
  if (bars.length === 0) return [];
  const goal = goals.find((each) => each.workload === workload.id && each.contestant === "openline" && each.figure === workload.figure);
  return [{ title: workload.title, unit: unitOf(workload), bars, goal: goal && limitValue(goal, runs) }];
}

const unitOf = (workload: Workload): string =>
  workload.figure === "serverMicroseconds" ? `µs of server CPU per ${workload.unit}` : workload.figureTitle;

function limitValue(goal: Goal, runs: Runs): number | undefined {
  if (goal.kind === "absolute") return goal.atMost;
  const base = summaryOf(runs, goal.workload, reference, goal.figure);
  return base === undefined ? undefined : base.lowest * goal.atMost;
}
