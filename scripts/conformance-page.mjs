// docs/conformance.md: every MUST and SHOULD of RFC 6455, sections 4 to 8, and of RFC 8441, with the tests that hold it. `--write` writes the page.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { requirements as ofRfc6455 } from "../conformance/rfc6455.mjs";
import { http2Requirements } from "../conformance/rfc8441.mjs";
import { filesLike } from "./files.mjs";
import { root } from "./terminal.mjs";

const page = "docs/conformance.md";
const requirements = [...ofRfc6455, ...http2Requirements];
const verdicts = "conformance/cases/verdicts.json";
const readText = (path) => readFileSync(join(root, path), "utf8");

/**
 * The names of the tests in a file's text: what is given to `test` and `it`, and the strings with a section that tables make names of.
 * What a template puts in stays as it is written.
 */
export function namesIn(text) {
  const names = new Set();
  const string = String.raw`"((?:[^"\\\n]|\\.)*)"|` + "`((?:[^`\\\\]|\\\\.)*)`";
  for (const match of text.matchAll(new RegExp(String.raw`\b(?:test|it)(?:\.\w+)?\(\s*(?:${string})`, "g")))
    names.add(match[1] ?? match[2]);
  for (const match of text.matchAll(/"((?:[^"\\\n]|\\.)*\((?:RFC \d+|wire)[^"\n]*)"/g)) names.add(match[1]);
  return [...names].map((name) => name.replaceAll(String.raw`\"`, '"'));
}

/** The conformance cases as tests: their titles, and on which sides of our endpoint they run and are strict. */
export function namesOfCases(rows) {
  return rows.map(({ id, title, verdicts }) => {
    const sides = ["server", "client"].filter((side) => ["OK", "non-strict", "failed"].includes(verdicts[`openline ${side}`]));
    const weak = sides.filter((side) => verdicts[`openline ${side}`] !== "OK");
    return { name: title, where: `cases, ${id}`, sides, weak };
  });
}

function everyTest() {
  const files = filesLike("packages/*/test/**/*.test.ts", "conformance/**/*.test.ts");
  const named = files.flatMap((file) =>
    namesIn(readText(file)).map((name) => ({ name, where: file.split("/").at(-1), file, sides: [], weak: [] })),
  );
  return [...namesOfCases(JSON.parse(readText(verdicts))), ...named];
}

/** What is wrong, as lines for people. */
export function checkConformance() {
  const tests = everyTest();
  const problems = problemsOf(requirements, tests);
  if (problems.length === 0 && readText(page) !== pageOf(requirements, tests))
    problems.push(`${page} is not up to date: node scripts/conformance-page.mjs --write`);
  return problems;
}

/** Requirements that nothing holds, names that no test has, and cases that are not strict. */
export function problemsOf(all, tests) {
  return all.flatMap(({ id, text, tests: wanted, departs }) => {
    if (departs !== undefined) return [];
    const rule = id.startsWith("RFC") ? id : `RFC 6455 §${id}`;
    if (wanted.length === 0) return [`${rule}: no test holds "${text}"`];
    return wanted.flatMap((part) => {
      const found = tests.filter(({ name }) => name.includes(part));
      if (found.length === 0) return [`${rule}: no test has "${part}" in its name`];
      return found.flatMap(({ name, weak }) => weak.map((side) => `${rule}: our ${side} is not strict in "${name}"`));
    });
  });
}

const head = `# Conformance with RFC 6455 and RFC 8441

Every MUST and SHOULD of sections 4 to 8 of RFC 6455, and of RFC 8441 (over HTTP/2), in short words, with the tests that hold it. Made by \`node scripts/conformance-page.mjs --write\`
from \`conformance/rfc6455.mjs\`, \`conformance/rfc8441.mjs\` and the names of the tests; \`npm run check\` fails when a rule has no test or this page is old.
Tests of \`cases\` are rows of [the verdicts](conformance-verdicts.md) and run against our server, our client, or both.
`;

/** The page as Markdown. */
export function pageOf(all, tests) {
  const held = all.filter(({ departs }) => departs === undefined);
  const lines = [head, `${held.length} rules are held by tests; ${all.length - held.length} are not for us, with the reason in their row.`];
  let section = "";
  for (const requirement of all) {
    if (requirement.section !== section) {
      section = requirement.section;
      lines.push("", `## ${section} ${titles[section]}`, "", "| rule | level | who | what | held by |", "|---|---|---|---|---|");
    }
    lines.push(rowOf(requirement, tests));
  }
  return `${lines.join("\n")}\n`;
}

function rowOf({ id, level, who, text, tests: wanted, departs }, tests) {
  const cell = departs ?? wanted.map((part) => holders(part, tests)).join("<br>");
  return `| ${id} | ${level} | ${who} | ${plain(text)} | ${departs === undefined ? cell : `*not held:* ${plain(cell)}`} |`;
}

/** The first test whose name has the part, and how many more there are. */
function holders(part, tests) {
  const [first, ...more] = tests.filter(({ name }) => name.includes(part));
  if (first === undefined) return `**missing:** ${plain(part)}`;
  const sides = first.sides.length > 0 ? `; ${first.sides.join(" and ")}` : "";
  return `${plain(first.name)} (${first.where}${sides})${more.length > 0 ? ` and ${more.length} more` : ""}`;
}

/** Markdown's own signs in a table's cell are written so that they show. */
const plain = (text) => text.replaceAll(/[|*_<]/g, String.raw`\$&`).replaceAll("${", "\\${");

const titles = {
  4.1: "Client requirements",
  "4.2.1": "Reading the client's opening handshake",
  "4.2.2": "Sending the server's opening handshake",
  4.3: "Grammar of the new fields",
  4.4: "Several versions",
  5.1: "Overview of framing",
  5.2: "Base framing protocol",
  5.3: "Masking",
  5.4: "Fragmentation",
  5.5: "Control frames",
  "5.5.1": "Close",
  "5.5.2": "Ping",
  "5.5.3": "Pong",
  5.6: "Data frames",
  5.8: "Extensibility",
  6.1: "Sending data",
  6.2: "Receiving data",
  "7.1.1": "Close the WebSocket connection",
  "7.1.2": "Start the closing handshake",
  "7.1.5": "Close code",
  "7.1.6": "Close reason",
  "7.1.7": "Fail the WebSocket connection",
  "7.2.1": "Closure by the client",
  "7.2.2": "Closure by the server",
  "7.2.3": "Recovering from abnormal closure",
  7.3: "Normal closure",
  "7.4.1": "Defined close codes",
  8.1: "Errors in UTF-8",
  "RFC 8441 §3": "The setting ENABLE_CONNECT_PROTOCOL",
  "RFC 8441 §4": "The extended CONNECT",
  "RFC 8441 §5": "Bootstrapping WebSockets",
  "RFC 8441 §7": "Intermediaries",
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  if (process.argv.includes("--write")) writeFileSync(join(root, page), pageOf(requirements, everyTest()));
  const problems = checkConformance();
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
