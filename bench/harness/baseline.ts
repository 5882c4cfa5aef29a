import { formatNumber, type Table } from "./table.ts";

/** What bench/baseline.json holds: the lowest time of each micro-benchmark, on the machine and the Node that are named in the commit. */
export interface Baseline {
  readonly node: string;
  readonly nanoseconds: Readonly<Record<string, number>>;
}

/** Slower or faster than this share is said in words: less is what two runs of the same code differ by. */
const remarkable = 0.15;

/** One row for each benchmark: now, in the baseline, and how they compare. */
export function compareWithBaseline(measured: Readonly<Record<string, number>>, baseline: Baseline | undefined): Table {
  const head = ["benchmark", "ns, lowest", "baseline", "ratio", ""];
  const rows = Object.entries(measured).map(([name, now]) => {
    const before = baseline?.nanoseconds[name];
    if (before === undefined) return [name, formatNumber(now), "-", "-", "new"];
    return [name, formatNumber(now), formatNumber(before), formatNumber(now / before), remark(now / before)];
  });
  return { head, rows };
}

function remark(ratio: number): string {
  if (ratio > 1 + remarkable) return "SLOWER";
  return ratio < 1 - remarkable ? "faster" : "";
}
