import type { Command } from "commander";

/**
 * Arguments as the parser takes them. `openline`, `openline help serve`, `openline token` and `openline token help create` mean the --help of what they
 * name: a command's options are only known when it is called. The help of a command that is none is left to the parser, which says so.
 */
export function helpFirst(args: readonly string[], program: Command): string[] {
  const { command, path, rest, isHelp } = named(args, program);
  const isGroup = command.commands.length > 0;
  const [first] = rest;
  if (first === undefined && (isHelp || isGroup)) return [...path, "--help"];
  if (isGroup && first?.startsWith("-") === false) return [...path, first];
  return isHelp ? [...path, "--help"] : [...args];
}

interface Named {
  readonly command: Command;
  readonly path: readonly string[];
  /** What stands behind the words that name the command: nothing of it is looked at. */
  readonly rest: readonly string[];
  /** Whether `help` was among these words. */
  readonly isHelp: boolean;
}

function named(args: readonly string[], program: Command): Named {
  let command = program;
  const path: string[] = [];
  let isHelp = false;
  for (const [at, word] of args.entries()) {
    const inner = command.commands.find((one) => one.name() === word);
    if (inner !== undefined) {
      command = inner;
      path.push(word);
    } else if (word === "help" && command.commands.length > 0) isHelp = true;
    else return { command, path, rest: args.slice(at), isHelp };
  }
  return { command, path, rest: [], isHelp };
}
