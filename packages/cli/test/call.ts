import { run } from "../src/program.ts";
import type { Terminal } from "../src/terminal.ts";

/** What a command said, and its exit code. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Calls the command line within this process, on a terminal of its own. */
export async function call(args: readonly string[], environment: Record<string, string> = {}, isInteractive = false): Promise<Said> {
  let out = "";
  let err = "";
  const terminal: Terminal = {
    out: { write: (text) => (out += text) },
    err: { write: (text) => (err += text) },
    environment,
    isInteractive,
  };
  return { code: await run(args, terminal), out, err };
}
