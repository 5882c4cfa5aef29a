import type { Command } from "commander";

const intro = `
The file is the one of openline serve --config. Settings of the environment (OPENLINE_PORT …) count too, and go before the file.

Exit code: 0 good, 2 not.`;

const examples = {
  init: `
  openline config init
      writes openline.json with what most change first
  openline config init --force /etc/openline.json
      elsewhere, over what is there`,
  check: `
  openline config check openline.json
      says whether a server would start with it, and if not, why`,
  print: `
  openline config print openline.json
      every setting, its value and where it comes from; secrets are masked`,
} as const;

/** `openline config init`, `check` and `print`. */
export function addConfigCommands(program: Command): Record<"init" | "check" | "print", Command> {
  const config = program
    .command("config")
    .description("begin, check or show a configuration file")
    .helpCommand(false)
    .addHelpText("after", `${intro}\n\nExamples:${Object.values(examples).join("")}`);
  const one = (name: keyof typeof examples, what: string): Command =>
    config
      .command(name)
      .description(what)
      .argument("[file]", "the configuration file", "openline.json")
      .addHelpText("after", `\nExamples:${examples[name]}`);
  return {
    init: one("init", "write a configuration file to begin with").option("--force", "write over a file that is there"),
    check: one("check", "say whether a server would start with these settings"),
    print: one("print", "show every setting with where it comes from"),
  };
}
