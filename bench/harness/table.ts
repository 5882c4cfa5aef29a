/** Cells of a table; numbers of columns are equal in every row. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Three digits that count, thousands with commas. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  if (size === 0) return "0";
  return value.toFixed(Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(size)))));
}

export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

/** For a terminal: the first column to the left, the others to the right unless they are words. */
export function plainTable({ head, rows }: Table): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 || !isNumeric(cell) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

export function markdownTable({ head, rows }: Table): string {
  const line = (row: readonly string[]): string => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map((_, column) => (column === 0 ? "---|" : "---:|")).join("")}`, ...rows.map(line)].join("\n");
}

const isNumeric = (cell: string): boolean => /^[<≤]? ?[\d.,]/.test(cell);
