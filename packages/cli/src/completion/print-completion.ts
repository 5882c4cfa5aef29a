import { addSettings, commandTree } from "../command-tree.ts";
import { CommandFailure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { commandWords } from "./command-words.ts";
import { completionScript, shells } from "./completion.ts";

/**
 * `openline completion SHELL`: prints the script.
 * @returns the exit code 0
 * @throws CommandFailure for a shell that is not known (2)
 */
export async function printCompletion(given: string | undefined, terminal: Terminal): Promise<number> {
  const shell = shells.find((name) => name === given);
  if (shell === undefined) throw new CommandFailure(`the shell must be one of ${shells.join(", ")}, not ${JSON.stringify(given)}`, 2);
  const tree = commandTree(terminal, async () => undefined);
  for (const command of tree.commands) if (command.name() === "serve") await addSettings(command);
  terminal.out.write(completionScript(shell, commandWords(tree)));
  return 0;
}
