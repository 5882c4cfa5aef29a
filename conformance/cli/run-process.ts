import { spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

export const binary: string = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));

/** `openline run` as a process of its own. */
export interface RunProcess {
  /** Where it listens, as `http://localhost:PORT/`. */
  readonly url: string;
  readonly log: () => string;
  readonly pid: number;
}

/** Starts `openline run` on a free port with these arguments, in that folder; it is ended with the test. */
export async function startRun(t: TestContext, folder: string, ...args: readonly string[]): Promise<RunProcess> {
  const child = spawn(process.execPath, [binary, "run", "--port=0", ...args], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGTERM"));
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (log += text));
  for (;;) {
    const [, address] = /Listening on ws:(\/\/localhost:\d+\/)/.exec(log) ?? [];
    if (address !== undefined) return { url: `http:${address}`, log: () => log, pid: child.pid ?? 0 };
    const [ended] = await Promise.race([once(child.stdout, "data").then(() => [false]), once(child, "exit").then(() => [true])]);
    if (ended === true) throw new Error(`openline run ended: ${log}`);
  }
}
