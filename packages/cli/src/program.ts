import { CommanderError } from "commander";
import { type Act, type CommandName, commandTree } from "./command-tree.ts";
import { CommandFailure } from "./failure.ts";
import { helpFirst } from "./help-first.ts";
import { GoFlagFault, runArgs } from "./run/run-flags.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** Each command, loaded when it is called: `--help` needs none of them. */
function actsOf(terminal: Terminal): Readonly<Record<CommandName, Act>> {
  return {
    serve: async (flags) => await (await import("./serve.ts")).serve(flags, terminal),
    run: async (flags, command) => await (await import("./run/run.ts")).runPrograms(flags, command, terminal),
    connect: async (flags, [url = ""]) =>
      await (await import("./connect/connect.ts")).connect(url, flags, { ...terminal, out: process.stdout, input: process.stdin }),
    verify: async (flags) => await (await import("./verify.ts")).verify(flags, terminal),
    bench: async (flags, [url = ""]) => await (await import("./bench/bench.ts")).bench(url, flags, terminal),
    doctor: async (flags, [url]) => await (await import("./doctor/doctor.ts")).doctor(url, flags, terminal),
    "token create": async (flags) => await (await import("./token/create-token.ts")).createToken(flags, terminal),
    "token inspect": async (flags, [token]) =>
      await (await import("./token/inspect-token.ts")).inspectToken(token, flags, terminal, process.stdin),
    ticket: async (flags) => await (await import("./token/ticket.ts")).ticket(flags, terminal),
    "config init": async ({ force }, [file = ""]) => (await import("./config/config-init.ts")).configInit(file, force === true, terminal),
    "config check": async (_flags, [file]) => await (await import("./serve.ts")).serve({ config: file, "check-config": true }, terminal),
    "config print": async (_flags, [file]) => await (await import("./serve.ts")).serve({ config: file, "print-config": true }, terminal),
    completion: async (_flags, [shell]) => await (await import("./completion/print-completion.ts")).printCompletion(shell, terminal),
  };
}

/**
 * Runs the command line.
 * @param args without the program's name
 * @returns the exit code: 0 done, 1 failed, 2 called wrongly, 3 could not verify; those of each command are in its help
 */
export async function run(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let exitCode = 0;
  const acts = actsOf(terminal);
  const program = commandTree(terminal, async (name, flags, words) => {
    exitCode = await acts[name](flags, words);
  });
  try {
    await program.parseAsync(asParsed(helpFirst(args, program)), { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof GoFlagFault) return fail(terminal, error.message, 2);
    if (!(error instanceof CommandFailure)) throw error;
    return fail(terminal, error.message, error.exitCode);
  }
}

function fail(terminal: Terminal, message: string, exitCode: number): number {
  terminal.err.write(`openline: ${message}\n`);
  return exitCode;
}

/** `run` takes its flags as websocketd does. */
function asParsed([name = "", ...args]: readonly string[]): string[] {
  return name === "run" ? [name, ...runArgs(args)] : [name, ...args];
}
