import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** What one start of a program cost. */
export interface StartTime {
  /** From the call until its end, waiting for a processor included. */
  readonly wallMs: number;
  /** Processor time, user and system, of the process and what it started: other work on the machine disturbs it less. */
  readonly cpuMs: number;
}

/**
 * Starts `node ARGS`, waits for its end, and says what that took.
 * @throws Error when it fails, or writes nothing where `expected` asks for something
 */
export async function startTime(args: readonly string[], expected?: RegExp): Promise<StartTime> {
  const cpuBefore = childrenCpuMs();
  const from = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += String(chunk)));
  const exited = once(child, "exit").then(([code]: unknown[]) => ({ code, wallMs: performance.now() - from }));
  await once(child, "close");
  const { code, wallMs } = await exited;
  if (code !== 0) throw new Error(`node ${args.join(" ")} ended with ${String(code)}`);
  if (expected !== undefined && !expected.test(output)) throw new Error(`node ${args.join(" ")} did not write ${expected}`);
  return { wallMs, cpuMs: childrenCpuMs() - cpuBefore };
}

/** Linux, clock ticks of 10 ms: fields 16 and 17 of proc(5) are the time of children that were waited for. 0 where there is no /proc. */
function childrenCpuMs(): number {
  try {
    const fields = readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return 0;
  }
}
