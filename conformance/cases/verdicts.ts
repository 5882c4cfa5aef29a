// The verdicts kept in git: as data, and as a page for people.
import { readFile, writeFile } from "node:fs/promises";
import type { Verdict } from "./runner.ts";

const columns = ["openline server", "openline client", "ws server", "ws client"] as const;
export type Column = (typeof columns)[number];

export interface Row {
  readonly id: string;
  readonly title: string;
  readonly verdicts: Readonly<Partial<Record<Column, Verdict | "–">>>;
}

const dataFile = new URL("verdicts.json", import.meta.url);
const pageFile = new URL("../../docs/conformance-verdicts.md", import.meta.url);

export async function readVerdicts(): Promise<Row[]> {
  return JSON.parse(await readFile(dataFile, "utf8")) as Row[];
}

/** One line per case, so that a change of one verdict is a change of one line. */
export async function writeVerdicts(rows: readonly Row[]): Promise<void> {
  await writeFile(dataFile, `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`);
  await writeFile(pageFile, page(rows));
}

/** What differs, as lines for people; columns and cases that were not run are passed over. */
export function compare(kept: readonly Row[], found: readonly Row[]): string[] {
  const before = new Map(kept.map((row) => [row.id, row]));
  return found.flatMap(({ id, title, verdicts }) => {
    const old = before.get(id);
    if (old === undefined) return [`${id} is not among the verdicts kept`];
    if (old.title !== title) return [`${id} is now "${title}", it was "${old.title}"`];
    return columns.flatMap((column) => {
      const [now, was] = [verdicts[column], old.verdicts[column]];
      return now === undefined || now === was ? [] : [`${id} ${column}: ${now}, it was ${was} (${title})`];
    });
  });
}

const mark: Readonly<Record<Verdict | "–", string>> = { OK: "OK", "non-strict": "*non-strict*", failed: "**failed**", "–": "–" };

function page(rows: readonly Row[]): string {
  const sums = columns.map((column) => {
    const count = (verdict: Verdict): number => rows.filter((row) => row.verdicts[column] === verdict).length;
    return `| ${column} | ${count("OK")} | ${count("non-strict")} | ${count("failed")} |`;
  });
  const body = rows.map((row) => {
    const cells = columns.map((column) => mark[row.verdicts[column] ?? "–"]);
    return `| ${row.id} | ${row.title.replaceAll("|", String.raw`\|`)} | ${cells.join(" | ")} |`;
  });
  return `# Conformance verdicts

What \`node --import tsx conformance/cases/run.ts --write\` found; do not edit this page. OK: as strict as the RFC can be read. *non-strict*:
allowed by the RFC, but not the best behaviour. **failed**: against the RFC, or against the case's limit. –: the case is for the other side.
\`ws\` is the npm package, version 8, with its defaults.

| endpoint | OK | non-strict | failed |
|---|---|---|---|
${sums.join("\n")}

| case | rule | ${columns.join(" | ")} |
|---|---|---|---|---|---|
${body.join("\n")}
`;
}
