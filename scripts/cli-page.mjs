// Holds docs/cli.md equal to the commands' own definitions.   node scripts/cli-page.mjs --write  writes it anew.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./terminal.mjs";

const page = join(root, "docs/cli.md");

const head = `# The command line

<!-- Written by \`node scripts/cli-page.mjs --write\` from the commands' own definitions; edit those. -->

\`npx openline serve\`, or \`npm install --global openline\` and \`openline serve\`. Every command tells the same with \`--help\`; \`openline completion bash\` teaches your shell their flags.
Errors are one line on standard error. Exit codes: 0 done, 1 failed, 2 called wrongly; where a command has others, it says so below.
`;

/** The page as Markdown. `tree` is commander's command with all its commands. */
export function cliPage(tree) {
  const sections = commandsIn(tree).map(([command, words]) => section(command, words));
  return `${head}\n${sections.join("\n")}`;
}

function commandsIn(command, words = []) {
  return command.commands.flatMap((inner) => {
    const path = [...words, inner.name()];
    return [[inner, path], ...commandsIn(inner, path)];
  });
}

function section(command, words) {
  const parts = [`${"#".repeat(words.length + 1)} openline ${words.join(" ")}`, sentence(command.description())];
  const usage = command.usage();
  parts.push(`\`\`\`\nopenline ${words.join(" ")}${usage === "" ? "" : ` ${usage}`}\n\`\`\``);
  const options = command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long }) => long !== "--help");
  if (options.length > 0) parts.push(optionTable(options));
  const more = afterHelp(command);
  if (more !== "") parts.push(`\`\`\`\n${more}\n\`\`\``);
  return `${parts.join("\n\n")}\n`;
}

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function optionTable(options) {
  const rows = options.map(
    ({ flags, description }) => `| \`${flags.replaceAll("|", "\\|")}\` | ${description.replaceAll("|", "\\|").replaceAll("<", "&lt;")} |`,
  );
  return ["| flag | what it does |", "|---|---|", ...rows].join("\n");
}

/** What stands below the options: examples, exit codes. */
function afterHelp(command) {
  let text = "";
  command.emit("afterHelp", { error: false, command, write: (part) => (text += part) });
  return text.replaceAll("\u001b[1m", "").replaceAll("\u001b[22m", "").trim();
}

/** The tree, from the built command line. */
async function builtTree() {
  const { addSettings, commandTree } = await import(pathToFileURL(join(root, "packages/cli/dist/command-tree.js")).href);
  const terminal = { out: { write() {} }, err: { write() {} }, environment: {}, isInteractive: false };
  const tree = commandTree(terminal, async () => {});
  for (const command of tree.commands) if (command.name() === "serve") await addSettings(command);
  return tree;
}

export async function checkCliPage() {
  const before = existsSync(page) ? readFileSync(page, "utf8") : "";
  return cliPage(await builtTree()) === before
    ? []
    : ["docs/cli.md is not up to date: npm run build, then node scripts/cli-page.mjs --write"];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href && process.argv.includes("--write")) {
  writeFileSync(page, cliPage(await builtTree()));
}
