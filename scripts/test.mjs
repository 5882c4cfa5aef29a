// `npm test`: installs what it needs, builds, checks, runs every suite, and ends with one plain line `N passed, N failed`.
//   --full         the long matrix too      --only NAME[,NAME]  these suites alone, without the checks
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { check } from "./check.mjs";
import { ensurePrograms } from "./debian.mjs";
import { filesLike } from "./files.mjs";
import { ensureNode } from "./node-versions.mjs";
import { checkMinutes, suites } from "./suites.mjs";
import { bold, green, red, root, run, say, since } from "./terminal.mjs";

const full = process.argv.includes("--full");
const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1]?.split(",") : undefined;
const unknown = only?.find((name) => !suites.some((suite) => suite.name === name));
if (unknown !== undefined) {
  process.stderr.write(`There is no suite ${unknown}; there are ${suites.map(({ name }) => name).join(", ")}.\n`);
  process.exit(2);
}
const inCi = process.env.CI === "true";
const total = { passed: 0, failed: [], skipped: [] };
const began = Date.now();
/** What the parts before left of their shares of the 20 minutes: a later one may use it, so that a machine that is busy for a while fails none. */
let spareMs = 0;

await build();
if (!only) await runChecks();
spareMs = Math.max(0, checkMinutes * 60_000 - (Date.now() - began));
for (const suite of suites) {
  if (only ? only.includes(suite.name) : full || !suite.full) await runSuite(suite);
}
report();

async function runChecks() {
  for (const { name, problem } of await check()) {
    if (problem) total.failed.push(`check: ${name}`);
    else total.passed += 1;
  }
}

async function runSuite(suite) {
  const files = filesLike(...suite.files);
  if (files.length === 0) {
    total.failed.push(`${suite.name}: no file is like ${suite.files.join(" ")}`);
    return;
  }
  const node = suite.node === undefined ? { path: process.execPath } : await ensureNode(suite.node);
  if (node.reason !== undefined) {
    total.skipped.push({ name: suite.name, reason: node.reason });
    return;
  }
  const missing = await ensurePrograms(suite.needs ?? []);
  for (const reason of Object.values(missing)) say(red(reason));
  const from = Date.now();
  const shareMs = suite.minutes * 60_000;
  say(`${bold(suite.name)}: ${suite.what} (${files.length} files, at most ${suite.minutes} min) …`);
  const folder = await mkdtemp(join(tmpdir(), "openline-tally-"));
  const { code } = await run(
    node.path,
    [
      "--import=tsx",
      "--test",
      `--test-concurrency=${suite.concurrency ?? 2}`,
      "--test-reporter=./scripts/brief-reporter.mjs",
      "--test-reporter-destination=stdout",
      "--test-reporter=./scripts/tally-reporter.mjs",
      `--test-reporter-destination=${join(folder, "tally")}`,
      ...files,
    ],
    { timeoutMs: shareMs * (full || only ? 10 : 1) + spareMs, env: { FORCE_COLOR: "0", ...suite.env } },
  );
  const tally = await readFile(join(folder, "tally"), "utf8").catch(() => "");
  await rm(folder, { recursive: true, force: true });
  spareMs = Math.max(0, spareMs + shareMs - (Date.now() - from));
  add(suite, code, tally, since(from));
}

function add(suite, code, tally, time) {
  const count = tally === "" ? { passed: 0, failed: [], skipped: [] } : JSON.parse(tally);
  if (code === 124)
    count.failed.push(`${suite.name}: took longer than its share of ${suite.minutes} min and what was left by those before`);
  else if (code !== 0 && count.failed.length === 0) count.failed.push(`${suite.name}: the test runner exited with ${code}`);
  total.passed += count.passed;
  total.failed.push(...count.failed.map((name) => (name.startsWith(suite.name) ? name : `${suite.name}: ${name}`)));
  total.skipped.push(...count.skipped);
  say(`${bold(suite.name)}: ${count.passed} passed, ${count.failed.length} failed, ${count.skipped.length} skipped in ${time}`);
}

function report() {
  for (const { name, reason } of total.skipped) say(`skipped ${name}: ${reason}`);
  // On CI every part has to be there: what a developer's machine may lack is a failure.
  if (inCi) total.failed.push(...total.skipped.splice(0).map(({ name, reason }) => `skipped under CI=true: ${name}: ${reason}`));
  for (const name of total.failed) say(red(`failed ${name.replace(`${root}/`, "")}`));
  say(`${total.failed.length === 0 ? green("all well") : red("not well")} after ${since(began)}`);
  const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : "";
  process.stdout.write(`${total.passed} passed, ${total.failed.length} failed${skipped}\n`);
  process.exitCode = total.failed.length === 0 ? 0 : 1;
}
