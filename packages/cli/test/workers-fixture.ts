import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { type Started, start } from "./binary-fixture.ts";
import { until } from "./nodes-fixture.ts";

/** `openline serve --workers N`. */
export interface Crew {
  readonly port: number;
  readonly url: string;
  readonly started: Started;
  /** The workers' process ids of now. */
  readonly workers: () => number[];
  /** Resolves when there are so many workers again, none of them one of these. */
  readonly renewed: (count: number, gone: readonly number[]) => Promise<void>;
}

/** Starts a server with workers, and waits until all listen. */
export async function startCrew(t: TestContext, workers: number, ...args: string[]): Promise<Crew> {
  return await startCrewIn(t, {}, workers, ...args);
}

/** The same with these variables. */
export async function startCrewIn(t: TestContext, environment: Record<string, string>, workers: number, ...args: string[]): Promise<Crew> {
  const started = start(t, ["serve", "--port", "0", "--workers", String(workers), "--log-level", "debug", ...args], environment);
  const [, scheme = "", port = ""] = await started.said(/"urls":\["(https?):\/\/localhost:(\d+)\/"/);
  const pid = started.child.pid ?? 0;
  const pids = (): number[] => childrenOf(pid);
  return {
    port: Number(port),
    url: `${scheme}://127.0.0.1:${port}`,
    started,
    workers: pids,
    renewed: async (count, gone) =>
      await until(
        `${count} workers`,
        async () => pids().length === count && pids().every((each) => !gone.includes(each)) && (await ready(port)),
        60_000,
      ),
  };
}

async function ready(port: string): Promise<boolean> {
  const answers = await Promise.all(Array.from({ length: 6 }, async () => await fetch(`http://127.0.0.1:${port}/ready`)));
  return answers.every(({ ok }) => ok);
}

/** The process ids of a process's children. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
