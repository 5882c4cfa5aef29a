import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** The built binary as a child process. */
export interface Started {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** The exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  /** Resolves when standard output matches. */
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>;
}

/** Starts `openline` with these arguments; it is ended with the test. */
export function start(t: TestContext, args: readonly string[], environment: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const ended = once(child, "close").then(([code, signal]: (number | string | null)[]) => code ?? signal ?? "");
  return {
    child,
    out: () => out,
    err: () => err,
    ended,
    said: async (pattern) => {
      for (;;) {
        const match = pattern.exec(out);
        if (match !== null) return match;
        const over = await Promise.race([once(child.stdout, "data").then(() => false), ended.then(() => true)]);
        if (over && pattern.exec(out) === null) throw new Error(`ended without ${pattern}: ${out}${err}`);
      }
    },
  };
}
