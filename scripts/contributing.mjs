// Holds the table of suites in CONTRIBUTING.md equal to scripts/suites.mjs.   node scripts/contributing.mjs --write  writes it anew.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkMinutes, suites } from "./suites.mjs";
import { root } from "./terminal.mjs";

const page = join(root, "CONTRIBUTING.md");
const marks = ["<!-- suites -->", "<!-- /suites -->"];
const budget = 20;

const sumOfMinutes = () => suites.reduce((total, { minutes, full }) => (full ? total : total + minutes), checkMinutes);

/** The table as Markdown. */
export function suitesTable() {
  const rows = [["build and checks", "format, lint, types, unused code, arrows, links, packages", checkMinutes]];
  for (const { name, what, minutes, full } of suites) rows.push([name, what, full ? `${minutes} (test:full only)` : minutes]);
  rows.push(["**sum**", `of ${budget} minutes on 2 cores`, `**${sumOfMinutes()}**`]);
  return ["| suite | what it shows | minutes at most |", "|---|---|---|", ...rows.map((row) => `| ${row.join(" | ")} |`)].join("\n");
}

/** `text` with what stands between the marks replaced by the table. */
export function withTable(text) {
  const [before, rest] = text.split(marks[0]);
  const after = rest?.split(marks[1])[1];
  if (after === undefined) throw new Error(`CONTRIBUTING.md lacks the marks ${marks.join(" and ")}`);
  return `${before}${marks[0]}\n${suitesTable()}\n${marks[1]}${after}`;
}

export function checkContributing() {
  const text = readFileSync(page, "utf8");
  const problems = [];
  if (withTable(text) !== text) problems.push("CONTRIBUTING.md's table of suites is not up to date: node scripts/contributing.mjs --write");
  if (sumOfMinutes() > budget) problems.push(`the suites' shares add up to ${sumOfMinutes()} minutes; npm test has ${budget}`);
  return problems;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href && process.argv.includes("--write")) {
  writeFileSync(page, withTable(readFileSync(page, "utf8")));
}
