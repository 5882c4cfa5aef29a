import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "@openline/testkit";
import type { Contestant } from "./contestants.ts";
import { type Pinning, pinned } from "./pinning.ts";
import { parseResult, type RunResult } from "./results.ts";
import type { Workload } from "./workloads.ts";

/** Everything that was fetched, compiled and made for the runs. */
export interface Equipment {
  readonly generator: string;
  readonly pinning: Pinning;
  /** Folder with `key.pem` and `cert.pem`. */
  readonly certificate: string;
  /** Part -> path. */
  readonly parts: Readonly<Record<string, string>>;
}

export interface Timing {
  readonly warmup: number;
  readonly seconds: number;
  /** Write a profile of a Node server's time or memory into this folder. */
  readonly profile?: { readonly of: "time" | "memory"; readonly folder: string };
}

const servers = join(dirname(dirname(fileURLToPath(import.meta.url))), "servers");
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a fresh server, drives it once, and stops it. A failure of either is a result too. */
export async function runOnce(contestant: Contestant, workload: Workload, equipment: Equipment, timing: Timing): Promise<RunResult> {
  const words = command(contestant, equipment, timing.profile);
  const heap = timing.profile?.of === "memory" ? { BENCH_HEAP_PROFILE: join(timing.profile.folder, "heap.json") } : {};
  const server = start(pinned(equipment.pinning.server, words), { ...environment(contestant, workload, equipment), ...heap });
  try {
    const port = await listening(server);
    return await drive(loadWords(contestant, workload, timing), port, server, equipment);
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  } finally {
    await stop(server);
  }
}

function command({ run, part }: Contestant, { parts }: Equipment, profile?: Timing["profile"]): readonly [string, ...string[]] {
  const cpu = profile?.of === "time" ? ["--cpu-prof", `--cpu-prof-dir=${profile.folder}`] : [];
  const heap = profile?.of === "memory" ? [`--import=${new URL("heap-profile.mjs", import.meta.url).href}`] : [];
  if (run.with === "node") return [process.execPath, "--expose-gc", ...cpu, ...heap, join(servers, run.file)];
  const program = parts[part ?? ""] ?? "";
  return run.with === "bun" ? [program, join(servers, run.file)] : [program];
}

function environment(contestant: Contestant, workload: Workload, { parts, certificate }: Equipment): NodeJS.ProcessEnv {
  return {
    ...process.env,
    NODE_OPTIONS: "",
    BENCH_WORK: workload.work,
    ...(workload.tls === true ? { BENCH_TLS: certificate } : {}),
    ...(workload.heartbeatMs === undefined ? {} : { BENCH_HEARTBEAT_MS: String(workload.heartbeatMs) }),
    ...redisEnvironment(parts["redis-server"]),
    ...(parts["node-modules"] === undefined ? {} : { BENCH_MODULES: parts["node-modules"] }),
    ...contestant.env,
  };
}

/** For bench/servers/hub.mjs, which starts it. */
function redisEnvironment(path: string | undefined): NodeJS.ProcessEnv {
  const program = findProgram("redis-server");
  if (path === undefined || program.path === undefined) return {};
  const { LD_LIBRARY_PATH: libraries } = program.env;
  return { BENCH_REDIS: path, ...(libraries === undefined ? {} : { BENCH_REDIS_LIBRARIES: libraries }) };
}

/** The generator's words for this contestant: a byte echo gets bytes without frames. */
export function loadWords(contestant: Contestant, workload: Workload, { warmup, seconds }: Timing): string[] {
  const words = [...workload.load];
  if (words[0] !== "idle") words.push("--warmup", String(warmup), "--seconds", String(seconds));
  if (workload.tls === true) words.push("--tls");
  if (contestant.dialect !== undefined) words.push(...contestant.dialect);
  if (contestant.kind !== "floor" || workload.rawBytes === undefined) return words;
  return [...words.filter((word) => word !== "--json"), "--raw", "--size", String(workload.rawBytes)];
}

interface Started {
  readonly child: ChildProcess;
  /** What it printed last. */
  output: string;
}

function start([program, ...args]: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Started {
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const started: Started = { child, output: "" };
  const keep = (chunk: Buffer): void => {
    started.output = (started.output + String(chunk)).slice(-4000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  child.once("error", (error) => keep(Buffer.from(`${error.message}\n`)));
  child.once("close", () => running.delete(child));
  return started;
}

/** The port that the server prints, within 15 s. */
function listening(server: Started): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server did not listen within 15 s: ${tail(server)}`)), 15_000);
    const look = (): void => {
      const port = /^listening (\d+)$/m.exec(server.output)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    };
    server.child.stdout?.on("data", look);
    server.child.once("close", () => {
      clearTimeout(timer);
      reject(new Error(`the server ended before it listened: ${tail(server)}`));
    });
  });
}

async function drive(words: readonly string[], port: number, server: Started, { generator, pinning }: Equipment): Promise<RunResult> {
  const target = ["--port", String(port), "--pid", String(server.child.pid)];
  const driver = start(pinned(pinning.driver, [generator, ...words, ...target]), process.env);
  await once(driver.child, "close");
  const result = parseResult(driver.output);
  if (result.ok || server.child.exitCode === null) return result;
  return { ok: false, error: `${result.error}; the server ended: ${tail(server)}` };
}

async function stop({ child }: Started): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  await closed;
  clearTimeout(timer);
}

const tail = ({ output }: Started): string => output.trim().split("\n").slice(-3).join(" / ").slice(-300);
