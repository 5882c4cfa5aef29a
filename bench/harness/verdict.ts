import { reference } from "./contestants.ts";
import type { Goal } from "./goals.ts";
import { type Measured, measuredRuns, type Runs, summaryOf } from "./results.ts";
import { median } from "./statistics.ts";

/** Who had no time left. `neither`: both waited, for each other or because something else took the CPU. */
export type Limit = "server" | "driver" | "neither";

/** A CPU is taken for saturated from this share on; a full one seldom shows more than 99 %. */
const saturatedPercent = 95;

export function limitOf(runs: readonly Measured[]): Limit {
  if (runs.length === 0) return "neither";
  if (median(runs.map((run) => run.serverPercent)) >= saturatedPercent) return "server";
  return median(runs.map((run) => run.driverPercent)) >= saturatedPercent ? "driver" : "neither";
}

/** How a goal came out. */
export type Verdict =
  | { readonly kind: "not-run"; readonly reason: string }
  | { readonly kind: "no-verdict"; readonly value: number; readonly noise: number; readonly reason: string }
  | { readonly kind: "met" | "missed"; readonly value: number; readonly noise: number; readonly isWithinNoise: boolean };

/** Compares the lowest of all rounds with the goal. A run that the driver limited says nothing about the server, met or missed. */
export function judge(goal: Goal, runs: Runs, skipped: Readonly<Record<string, string>> = {}): Verdict {
  const ours = summaryOf(runs, goal.workload, goal.contestant, goal.figure);
  if (ours === undefined) return { kind: "not-run", reason: whyNot(goal, runs, goal.contestant, skipped) };
  const base = goal.kind === "ratio" ? summaryOf(runs, goal.workload, reference, goal.figure) : undefined;
  if (goal.kind === "ratio" && base === undefined) return { kind: "not-run", reason: whyNot(goal, runs, reference, skipped) };
  const value = base === undefined ? ours.lowest : ours.lowest / base.lowest;
  const noise = Math.max(ours.noise, base?.noise ?? 0);
  if (goal.figure === "serverMicroseconds") {
    const limited = [goal.contestant, reference].filter((name) => limitOf(measuredRuns(runs, goal.workload, name)) === "driver");
    if (limited.length > 0) return { kind: "no-verdict", value, noise, reason: `the driver was the limit of ${limited.join(" and ")}` };
  }
  return { kind: value <= goal.atMost ? "met" : "missed", value, noise, isWithinNoise: Math.abs(value / goal.atMost - 1) <= noise };
}

function whyNot(goal: Goal, runs: Runs, contestant: string, skipped: Readonly<Record<string, string>>): string {
  const failed = (runs[goal.workload]?.[contestant] ?? []).find((run) => !run.ok);
  if (failed?.ok === false) return `${contestant} failed: ${failed.error}`;
  return skipped[contestant] ?? skipped[goal.workload] ?? `${contestant} did not run`;
}
