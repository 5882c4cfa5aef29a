import type { Command } from "commander";

/** A word that can be completed, and what it means in a few words. */
export interface Word {
  readonly word: string;
  readonly what: string;
}

/** What may follow a command: its own commands, its flags, and whether files may. */
export interface CommandWords {
  /** The names from the program's on: `["token", "create"]`. */
  readonly path: readonly string[];
  readonly commands: readonly Word[];
  /** What its argument may be, where that is one of a few words. */
  readonly choices: readonly Word[];
  readonly flags: readonly (Word & { readonly takesValue: boolean; readonly takesFile: boolean })[];
}

/** Everything that can be completed, the program itself first. */
export function commandWords(program: Command, path: readonly string[] = []): CommandWords[] {
  const choices = program.registeredArguments.flatMap(({ argChoices = [] }) => argChoices.map((word) => ({ word, what: "" })));
  const commands = program.commands.map((command) => ({ word: command.name(), what: firstWords(command.description()) }));
  const options = [...program.options, ...program.createHelp().visibleOptions(program)];
  const flags = [...new Map(options.flatMap((option) => (option.long == null ? [] : [[option.long, option] as const]))).values()].map(
    (option) => ({
      word: option.long ?? "",
      what: firstWords(option.description),
      takesValue: option.required || option.optional,
      takesFile: /<(?:file|folder|dir|path)/i.test(option.flags),
    }),
  );
  return [{ path, commands, choices, flags }, ...program.commands.flatMap((command) => commandWords(command, [...path, command.name()]))];
}

function firstWords(text: string): string {
  const first = text.split(/[;(:]|\. /, 1)[0]?.trim() ?? "";
  return first.length > 70 ? `${first.slice(0, 69)}…` : first;
}
