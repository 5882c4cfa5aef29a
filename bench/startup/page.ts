import { median } from "../harness/statistics.ts";
import type { StartTime } from "./start-time.ts";

/** The aim for `openline --help`, on a machine that does nothing else. */
export const aimMs = 150;

/** One thing that was started again and again. */
export interface StartRow {
  readonly name: string;
  readonly starts: readonly StartTime[];
}

/** The figures of a row: of processor time the mean, for the kernel counts it in steps of 10 ms. */
export function figuresOf({ starts }: StartRow): { readonly median: number; readonly lowest: number; readonly cpu: number } {
  const walls = starts.map(({ wallMs }) => wallMs);
  return {
    median: median(walls),
    lowest: Math.min(...walls),
    cpu: starts.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / starts.length,
  };
}

/** docs/performance-startup.md. `taken`: when and on what it was measured. */
export function startupPage(rows: readonly StartRow[], taken: string): string {
  const lines = rows.map((row) => {
    const { median: middle, lowest, cpu } = figuresOf(row);
    return `| \`${row.name}\` | ${Math.round(middle)} | ${Math.round(lowest)} | ${Math.round(cpu)} |`;
  });
  return `# How long the command line takes to start

<!-- Written by \`npm run bench -- startup\`; edit bench/startup/page.ts, not this file. -->

Each row is a start until the end of the process, by turns with the others; *lowest* is what it takes when nothing else runs. The aim for \`openline --help\` is
${aimMs} ms on a machine that does nothing else: ${verdict(rows)}.

| start | median, ms | lowest, ms | processor time, ms |
|---|---:|---:|---:|
${lines.join("\n")}

\`--help\` loads the definitions of the commands and no command: the server, the client and the endpoint come with the command that needs them
(packages/cli/test/start-up.rules.test.ts). Most of the time is Node's own, the first row.

${taken}
`;
}

/** Judged by the lowest: other work on the machine only ever adds. Where even that is over, but the processor time is not, starts had to wait for a processor. */
function verdict(rows: readonly StartRow[]): string {
  const help = rows.find(({ name }) => name === "openline --help");
  if (help === undefined) return "not measured";
  const { median: middle, lowest, cpu } = figuresOf(help);
  if (lowest <= aimMs) return middle > aimMs ? "met by the lowest; the median shows what else the machine did" : "met";
  return cpu > 0 && cpu <= aimMs ? "no verdict, the machine was busy: the processor time alone is under it" : "**MISSED**";
}
