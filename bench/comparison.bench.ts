// Openline beside other servers: fetches and compiles what it needs, lets the servers take turns, prints tables with the goals, and
// writes docs/performance.md. Options: harness/plan.ts. What is measured and how: docs/performance.md.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { say, since } from "../scripts/terminal.mjs";
import { buildDigest } from "./harness/build-digest.ts";
import { type Contestant, takesPart } from "./harness/contestants.ts";
import { bunVersion, makeCertificate, nodeModules, obtain, obtainGenerator, redisVersion } from "./harness/installed.ts";
import { type Equipment, runOnce } from "./harness/one-run.ts";
import { writePages } from "./harness/page.ts";
import { choosePinning } from "./harness/pinning.ts";
import { hasTimeFor, type Plan, PlanError, readPlan } from "./harness/plan.ts";
import { hottest, largestAllocators } from "./harness/profile.ts";
import { goalTable, missesToProfile, profileTable, workloadTable } from "./harness/report.ts";
import type { Circumstances, Profiled, Results, RunResult } from "./harness/results.ts";
import { formatNumber, plainTable } from "./harness/table.ts";
import type { Workload } from "./harness/workloads.ts";

const bench = dirname(fileURLToPath(import.meta.url));
const packages = join(bench, "../packages");
const began = Date.now();

try {
  await compare(readPlan(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof PlanError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function compare(plan: Plan): Promise<void> {
  const generator = await obtainGenerator();
  if ("reason" in generator) {
    say(`the comparison is skipped: ${generator.reason}`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "openline-bench-"));
  // Also when somebody ends us: the servers end with us (one-run.ts), and the folder goes.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143));
  const skipped: Record<string, string> = {};
  const parts = await obtainParts(plan, skipped);
  const equipment = { generator: generator.path, pinning: choosePinning(), certificate: folder, parts };
  const able = await filterWorkloads(plan, generator.features ?? [], folder, skipped);
  say(`${able.length} workloads, ${plan.rounds} rounds; ${equipment.pinning.words}`);
  const build = buildDigest(packages);
  const runs = await runRounds({ ...plan, workloads: able }, equipment, skipped);
  const rounds = Math.max(0, ...Object.values(runs).flatMap((byName) => Object.values(byName).map((all) => all.length)));
  const results = { circumstances: circumstances({ ...plan, rounds }, equipment, build), skipped, runs };
  finish(plan, plan.profiles ? { ...results, profiles: await profileMisses(plan, results, equipment, folder) } : results);
}

/** Fetches and compiles; what cannot be had is put into `skipped` with the reason. */
async function obtainParts({ contestants }: Plan, skipped: Record<string, string>): Promise<Record<string, string>> {
  const parts: Record<string, string> = {};
  for (const { id, part } of contestants) {
    if (part === undefined || parts[part] !== undefined) continue;
    const had = await obtain(part);
    if ("path" in had) parts[part] = had.path;
    else skipped[id] = had.reason;
  }
  for (const [id, reason] of Object.entries(skipped)) say(`without ${id}: ${reason}`);
  return parts;
}

async function filterWorkloads(
  plan: Plan,
  features: readonly string[],
  folder: string,
  skipped: Record<string, string>,
): Promise<Workload[]> {
  const certificate = plan.workloads.some(({ tls }) => tls === true) ? await makeCertificate(folder) : { path: folder };
  return plan.workloads.filter(({ id, tls, work }) => {
    let reason: string | undefined;
    if (tls === true && "reason" in certificate) reason = certificate.reason;
    if (tls === true && !features.includes("tls")) reason = "the generator was compiled without OpenSSL (libssl-dev)";
    if (work === "deflate" && !features.includes("deflate")) reason = "the generator was compiled without zlib (zlib1g-dev)";
    if (reason === undefined) return true;
    skipped[id] = reason;
    say(`without ${id}: ${reason}`);
    return false;
  });
}

/** Round after round, in each all workloads, in each all servers in turn: A B A B. */
async function runRounds(plan: Plan, equipment: Equipment, skipped: Record<string, string>): Promise<Results["runs"]> {
  const runs: Record<string, Record<string, RunResult[]>> = {};
  const from = Date.now();
  for (let round = 1; round <= plan.rounds; round += 1) {
    if (!hasTimeFor(round, Date.now() - began, plan.limitMs)) {
      say(`the time is up: ${round - 1} of ${plan.rounds} rounds`);
      break;
    }
    for (const workload of plan.workloads) {
      const shown: string[] = [];
      for (const contestant of plan.contestants.filter((each) => takesPart(each, workload) && skipped[each.id] === undefined)) {
        const result = await runOnce(contestant, workload, equipment, plan);
        ((runs[workload.id] ??= {})[contestant.id] ??= []).push(result);
        shown.push(describe(contestant, workload, result));
      }
      say(`${round}/${plan.rounds} ${workload.id}: ${shown.join(", ")}`);
    }
    const left = ((Date.now() - from) / round) * (plan.rounds - round);
    if (left > 0) say(`round ${round} of ${plan.rounds} is done; about ${Math.ceil(left / 60_000)} min left`);
  }
  return runs;
}

/** Runs our server once more in the workloads whose goal it missed, with a profile: workload -> where time or memory went. */
async function profileMisses(plan: Plan, results: Results, equipment: Equipment, folder: string): Promise<Record<string, Profiled>> {
  const profiles: Record<string, Profiled> = {};
  for (const miss of missesToProfile(results)) {
    const workload = plan.workloads.find(({ id }) => id === miss.workload);
    const contestant = plan.contestants.find(({ id }) => id === miss.contestant);
    if (workload === undefined || contestant === undefined) continue;
    const profile = { of: miss.of, folder: join(folder, `profile-${workload.id}`) };
    mkdirSync(profile.folder);
    await runOnce(contestant, workload, equipment, { warmup: plan.warmup, seconds: plan.seconds, profile });
    const [file] = readdirSync(profile.folder);
    if (file === undefined) continue;
    const text = readFileSync(join(profile.folder, file), "utf8");
    const hot = miss.of === "time" ? hottest(text, 10, plan.warmup) : largestAllocators(text, 10);
    profiles[workload.id] = { of: miss.of, contestant: contestant.id, hot };
    say(`profiled the ${miss.of} of ${contestant.id} in ${workload.id}, whose goal it missed`);
  }
  return profiles;
}

function describe(contestant: Contestant, { figure }: Workload, result: RunResult): string {
  return `${contestant.id} ${result.ok ? formatNumber(result[figure] ?? Number.NaN) : `FAILED (${result.error})`}`;
}

function finish(plan: Plan, results: Results): void {
  mkdirSync(join(bench, "results"), { recursive: true });
  writeFileSync(join(bench, "results", `${plan.resultName}.json`), `${JSON.stringify(results, null, 2)}\n`);
  for (const workload of plan.workloads.filter(({ id }) => results.runs[id] !== undefined)) {
    process.stdout.write(`\n${workload.title}\n${plainTable(workloadTable(workload, results))}\n`);
  }
  process.stdout.write(`\nGoals, lowest of ${results.circumstances.rounds} rounds\n${plainTable(goalTable(results))}\n\n`);
  for (const [id, profiled] of Object.entries(results.profiles ?? {})) {
    process.stdout.write(`Where the ${profiled.of} of ${profiled.contestant} goes: ${id}\n${plainTable(profileTable(profiled))}\n\n`);
  }
  if (results.circumstances.buildChanged)
    say("the packages were BUILT ANEW during the run: our figures mix several builds and prove nothing about one");
  if (plan.writesPage) writePage(results);
  const failed = Object.values(results.runs).flatMap((byName) => Object.values(byName).flatMap((all) => all.filter(({ ok }) => !ok)));
  if (failed.length > 0) process.exitCode = 1;
  say(
    `${failed.length === 0 ? "every reply was right" : `${failed.length} runs FAILED`} after ${since(began)}; figures in bench/results/${plan.resultName}.json`,
  );
}

function writePage(results: Results): void {
  const docs = join(bench, "../docs");
  mkdirSync(join(docs, "performance"), { recursive: true });
  for (const [path, text] of writePages(results)) writeFileSync(join(docs, path), text);
}

function circumstances({ rounds, seconds }: Plan, { pinning, parts }: Equipment, build: string): Circumstances {
  return {
    takenAt: new Date().toISOString(),
    node: process.versions.node,
    cpu: cpus()[0]?.model.trim() ?? "unknown CPU",
    cpus: availableParallelism(),
    kernel: release(),
    congestionControl: readFileSync("/proc/sys/net/ipv4/tcp_congestion_control", "utf8").trim(),
    pinned: pinning.words,
    rounds,
    seconds,
    versions: { Openline: commit(), ...nodeModules, Bun: bunVersion, ...redisVersion(parts["redis-server"]) },
    buildChanged: buildDigest(packages) !== build,
  };
}

/** The commit that is measured, with a `+` when files differ from it. */
function commit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty=+"], { cwd: bench, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
