import type { CommandWords, Word } from "./command-words.ts";

/** The shells that are known. */
export const shells = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof shells)[number];

/** A script that teaches a shell to complete the commands and their flags. */
export function completionScript(shell: Shell, commands: readonly CommandWords[]): string {
  return { bash, zsh, fish }[shell](commands);
}

const key = ({ path }: CommandWords): string => path.join(" ");
const wordsOf = ({ commands, choices, flags }: CommandWords): readonly Word[] => [...commands, ...choices, ...flags];

/** The flags of all commands that take a file, and those that take something else. */
function flagsByValue(commands: readonly CommandWords[]): { readonly files: readonly string[]; readonly values: readonly string[] } {
  const flags = commands.flatMap((command) => command.flags);
  const files = flags.filter(({ takesFile }) => takesFile).map(({ word }) => word);
  const values = flags.filter(({ takesValue }) => takesValue).map(({ word }) => word);
  return { files: [...new Set(files)], values: [...new Set(values)].filter((word) => !files.includes(word)) };
}

function bash(commands: readonly CommandWords[]): string {
  const cases = commands.map(
    (command) =>
      `    ${quoted(key(command))}) words="${wordsOf(command)
        .map(({ word }) => word)
        .join(" ")}" ;;`,
  );
  const { files, values } = flagsByValue(commands);
  return `# openline completion for bash. Put it in your ~/.bashrc: eval "$(openline completion bash)"
_openline() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" words="" index
  case "$previous" in
    ${files.join("|")}) COMPREPLY=($(compgen -f -- "$current")); return ;;
    ${values.join("|")}) return ;;
  esac
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "\${COMP_WORDS[index]}" in
      -*) ;;
      ${[...new Set(commands.flatMap(({ path }) => path))].join("|")}) command="\${command:+$command }\${COMP_WORDS[index]}" ;;
    esac
  done
  case "$command" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ \${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _openline openline
`;
}

function zsh(commands: readonly CommandWords[]): string {
  const { files, values } = flagsByValue(commands);
  const cases = commands.map((command) => {
    const entries = wordsOf(command).map(({ word, what }) => quoted(`${word.replaceAll(":", "\\:")}:${what}`));
    return `    ${quoted(key(command))}) entries=(${entries.join(" ")}) ;;`;
  });
  return `#compdef openline
# openline completion for zsh. Put it in your ~/.zshrc: eval "$(openline completion zsh)"
_openline() {
  local -a entries
  local command="" word
  case "\${words[CURRENT-1]}" in
    ${files.join("|")}) _files; return ;;
    ${values.join("|")}) return ;;
  esac
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$word" in
      -*) ;;
      ${[...new Set(commands.flatMap(({ path }) => path))].join("|")}) command="\${command:+$command }$word" ;;
    esac
  done
  case "$command" in
${cases.join("\n")}
  esac
  _describe -V openline entries || _files
}
compdef _openline openline
`;
}

function fish(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap((command) => {
    const condition = conditionOf(command, commands);
    const sub = [...command.commands, ...command.choices].map(
      ({ word, what }) => `complete -c openline -f ${condition} -a ${word} -d ${quoted(what)}`,
    );
    const flags = command.flags.map(({ word, what, takesValue, takesFile }) => {
      const value = takesFile ? " -r" : takesValue ? " -x" : "";
      return `complete -c openline ${condition} -l ${word.slice(2)}${value} -d ${quoted(what)}`;
    });
    return [...sub, ...flags];
  });
  return `# openline completion for fish. Put it in ~/.config/fish/completions/openline.fish
${lines.join("\n")}
`;
}

/** The command was named, and none of its own commands yet. */
function conditionOf({ path, commands }: CommandWords, all: readonly CommandWords[]): string {
  const named = path.map((name) => `__fish_seen_subcommand_from ${name}`);
  const siblings = path.length === 0 ? (all[0]?.commands ?? []) : commands;
  const further = siblings.map(({ word }) => word);
  const none = further.length === 0 ? [] : [`not __fish_seen_subcommand_from ${further.join(" ")}`];
  return `-n ${quoted([...named, ...none].join("; and ") || "true")}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
