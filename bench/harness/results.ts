import type { Hot } from "./profile.ts";
import { type Summary, summarize } from "./statistics.ts";

/** What the generator says after a run (bench/load): costs are of the server's process, all threads. */
export interface Measured {
  readonly ok: true;
  /** Messages, deliveries, handshakes or connections in the measured time. */
  readonly units: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly serverMicroseconds: number;
  /** Shares of one CPU. */
  readonly serverPercent: number;
  readonly driverPercent: number;
  readonly otherPercent: number;
  readonly p50Microseconds?: number;
  readonly p99Microseconds?: number;
  /** Bytes on the line per byte of payload, of what the server sent. */
  readonly wireRatio?: number;
  readonly bytesPerConnection?: number;
  readonly pings?: number;
  readonly idleMicrosecondsPerSecond?: number;
  readonly microsecondsPerPing?: number;
  /** Until the last of the clients that came back had everything. */
  readonly lastMilliseconds?: number;
}

export type RunResult = Measured | { readonly ok: false; readonly error: string };

/** A figure of a run that a table or a goal can be about. */
export type Figure = Exclude<keyof Measured, "ok">;

/** All runs: workload -> contestant -> one result for each round. */
export type Runs = Readonly<Record<string, Readonly<Record<string, readonly RunResult[]>>>>;

/** Where and how the runs were taken. */
export interface Circumstances {
  readonly takenAt: string;
  readonly node: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly kernel: string;
  readonly congestionControl: string;
  /** CPU of the server and CPU of the driver, or why they were not pinned. */
  readonly pinned: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly versions: Readonly<Record<string, string>>;
  /** Whether our packages were built anew while the rounds ran: then the rounds measured different programs. */
  readonly buildChanged: boolean;
}

/** The functions of a contestant that took most of its time, or hold most of its memory. */
export interface Profiled {
  readonly of: "time" | "memory";
  readonly contestant: string;
  readonly hot: readonly Hot[];
}

/** What is kept in bench/results. */
export interface Results {
  readonly circumstances: Circumstances;
  /** What could not be had: contestant or workload -> reason. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly runs: Runs;
  /** Where our server's time or memory went in the workloads whose goal was missed: workload -> contestant and functions. */
  readonly profiles?: Readonly<Record<string, Profiled>>;
}

export function measuredRuns(runs: Runs, workload: string, contestant: string): readonly Measured[] {
  return (runs[workload]?.[contestant] ?? []).filter((run) => run.ok);
}

/** The figure over the rounds that succeeded, undefined if there is none. */
export function summaryOf(runs: Runs, workload: string, contestant: string, figure: Figure): Summary | undefined {
  return summarize(measuredRuns(runs, workload, contestant).flatMap((run) => run[figure] ?? []));
}

/** Reads the generator's last line. Anything but a result is a failed run. */
export function parseResult(output: string): RunResult {
  const line = output.trimEnd().split("\n").at(-1) ?? "";
  try {
    const value: unknown = JSON.parse(line);
    if (isResult(value)) return value.ok && value.units === 0 ? { ok: false, error: "nothing was answered in the measured time" } : value;
  } catch {
    // Not JSON: below.
  }
  return { ok: false, error: line === "" ? "the generator said nothing" : `the generator said: ${line.slice(0, 200)}` };
}

function isResult(value: unknown): value is RunResult {
  if (typeof value !== "object" || value === null || !("ok" in value)) return false;
  if (value.ok === false) return "error" in value && typeof value.error === "string";
  return value.ok === true && "units" in value && "serverMicroseconds" in value && typeof value.serverMicroseconds === "number";
}
