import { writeFileSync } from "node:fs";
import { CommandFailure } from "../failure.ts";
import { openFilesLimit } from "../run/open-files.ts";
import type { ServeFlags } from "../serve.ts";
import { StatusLine } from "../status-line.ts";
import type { Terminal } from "../terminal.ts";
import type { BenchPlan } from "./bench-plan.ts";
import { type ReportedRun, reportPage } from "./bench-report.ts";
import { runBench } from "./bench-run.ts";
import { type BenchSettings, readBenchSettings } from "./bench-settings.ts";
import { comparisonText, progressLine, resultJson, resultText } from "./bench-text.ts";
import { benchVerdict } from "./bench-verdict.ts";

/**
 * `openline bench URL`: puts load on a server and says what it did.
 * @returns the exit code: 0 measured, 1 the server failed, 3 no verdict
 * @throws CommandFailure for flags that cannot be used (2), and when the run could not be made (3)
 */
export async function bench(url: string, flags: ServeFlags, terminal: Terminal): Promise<number> {
  const settings = readBenchSettings(url, flags, terminal.environment);
  checkFiles(openFilesLimit());
  const enough = new AbortController();
  const end = (): void => enough.abort();
  // The first one ends the run and shows what it came to; the second one ends the process, as it does without us.
  process.once("SIGINT", end);
  try {
    const sides = await playSides(settings, terminal, enough.signal);
    const [first, second] = sides.map((runs) => runs.map(({ result }) => result));
    const comparison = !first?.length || !second?.length ? undefined : comparisonText(first, second, terminal);
    const runs = sides.flat();
    show(runs, comparison, settings, terminal);
    return exitCodeOf(runs);
  } finally {
    process.off("SIGINT", end);
  }
}

/** What a driver opens before its first connection: Node.js, our modules, its pipes. */
const driverFiles = 128;

/** @throws CommandFailure when so few files may be open that no driver could even start */
export function checkFiles(limit: number | undefined): void {
  if (limit !== undefined && limit < driverFiles)
    throw new CommandFailure(
      `no verdict: ${limit} files may be open, and a driver needs ${driverFiles} beside its connections: raise it with ulimit -n`,
      3,
    );
}

/** The runs of each server. One, then the other, again and again: what else the machine does meanwhile meets both. */
async function playSides(settings: BenchSettings, terminal: Terminal, signal: AbortSignal): Promise<ReportedRun[][]> {
  const { plan, compare, rounds } = settings;
  if (compare === undefined) return [[await play(plan, settings, terminal, signal)]];
  const sides = [plan, { ...plan, url: compare }].map((one): { plan: BenchPlan; runs: ReportedRun[] } => ({ plan: one, runs: [] }));
  for (let round = 0; round < rounds; round++)
    for (const side of sides) if (!signal.aborted) side.runs.push(await play(side.plan, settings, terminal, signal));
  return sides.map(({ runs }) => runs);
}

async function play(plan: BenchPlan, { drivers }: BenchSettings, terminal: Terminal, signal: AbortSignal): Promise<ReportedRun> {
  const line = new StatusLine(terminal);
  line.show(`opening ${plan.connections.toLocaleString("en-US")} connections to ${plan.url}`);
  try {
    const result = await runBench(plan, drivers, (progress) => line.show(progressLine(progress, plan.durationMs)), signal);
    return { result, verdict: benchVerdict(result) };
  } catch (error) {
    throw new CommandFailure(`the run could not be made: ${error instanceof Error ? error.message : String(error)}`, 3);
  } finally {
    line.clear();
  }
}

function show(runs: readonly ReportedRun[], comparison: string | undefined, { json, report }: BenchSettings, terminal: Terminal): void {
  const { out } = terminal;
  if (json) {
    const results = runs.map(({ result, verdict }) => resultJson(result, verdict));
    out.write(`${JSON.stringify(comparison === undefined ? results[0] : results)}\n`);
  } else {
    for (const { result, verdict } of runs) out.write(resultText(result, verdict, terminal));
    if (comparison !== undefined) out.write(comparison);
  }
  if (report === undefined) return;
  try {
    writeFileSync(report, reportPage(runs, comparison, new Date()));
  } catch (error) {
    throw new CommandFailure(`the report could not be written: ${error instanceof Error ? error.message : String(error)}`, 3);
  }
  if (!json) out.write(`  the report is in ${report}\n`);
}

function exitCodeOf(runs: readonly ReportedRun[]): number {
  if (runs.some(({ verdict }) => verdict.kind === "no verdict")) return 3;
  return runs.some(({ verdict }) => verdict.kind === "measured" && verdict.faults.length > 0) ? 1 : 0;
}
