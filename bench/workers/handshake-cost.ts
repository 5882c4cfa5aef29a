// What an opening handshake costs a whole server, its primary and all workers together (R1).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePort } from "@openline/testkit";

const program = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));
/** The kernel counts processor time in hundredths of a second. */
const tickUs = 10_000;

export interface HandshakeCostOptions {
  /** The load generator. */
  readonly generator: string;
  /** Undefined: one process without a primary. */
  readonly workers: number | undefined;
  /** So many handshakes for each process that serves go before: until then its code is still being compiled. */
  readonly warmup: number;
  readonly seconds: number;
}

/** What was measured. */
export interface HandshakeCost {
  readonly handshakes: number;
  /** Processor time of all processes for one handshake and its close. */
  readonly microseconds: number;
  /** The part of the primary in it. */
  readonly primaryMicroseconds: number;
}

/** Starts a server, warms it up, and measures. @throws Error when the server or the generator fails */
export async function measureHandshakes({ generator, workers, warmup, seconds }: HandshakeCostOptions): Promise<HandshakeCost> {
  const port = await freePort();
  const more = workers === undefined ? [] : ["--workers", String(workers)];
  const args = [program, "serve", "--port", String(port), "--log-format", "json", ...more];
  const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit");
  try {
    await Promise.race([once(server.stdout, "data"), ended.then(() => Promise.reject(new Error("the server ended")))]);
    server.stdout.resume();
    for (let done = 0; done < warmup * (workers ?? 1); ) done += await load(generator, port, 2);
    const processes = [server.pid ?? 0, ...childrenOf(server.pid ?? 0)];
    const before = processes.map(processorUs);
    const handshakes = await load(generator, port, seconds);
    const spent = processes.map((pid, index) => processorUs(pid) - (before[index] ?? 0));
    const [first = 0] = spent;
    const all = spent.reduce((sum, each) => sum + each, 0);
    return { handshakes, microseconds: all / handshakes, primaryMicroseconds: workers === undefined ? 0 : first / handshakes };
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
}

/** Connects, upgrades and closes, 64 at a time. Resolves with how many. */
async function load(generator: string, port: number, seconds: number): Promise<number> {
  const words = ["handshake", "--port", String(port), "--path", "/hub", "--connections", "64", "--warmup", "0.001"];
  const child = spawn(generator, [...words, "--seconds", String(seconds)], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  await once(child, "close");
  const { ok, units = 0 } = JSON.parse(out) as { ok: boolean; units?: number };
  if (!ok) throw new Error(`the load generator says: ${out.trim()}`);
  return units;
}

function processorUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickUs;
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
}
