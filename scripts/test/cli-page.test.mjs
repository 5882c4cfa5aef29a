import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { cliPage } from "../cli-page.mjs";

// commander belongs to the command line's own package.
const { Command } = createRequire(new URL("../../packages/cli/package.json", import.meta.url))("commander");

test("each command has its usage, its flags and what stands below them; a command of a command is a level deeper", () => {
  const tree = new Command("openline");
  const outer = tree.command("token").description("make tokens");
  outer.command("create").description("make one").option("--user <name>", "who | what").addHelpText("after", "\nExamples:\n  one");
  const page = cliPage(tree);
  assert.match(page, /\n## openline token\n\nMake tokens\.\n/);
  assert.match(page, /\n### openline token create\n\nMake one\.\n\n```\nopenline token create \[options\]\n```\n/);
  assert.ok(page.includes("| `--user <name>` | who \\| what |"), page);
  assert.ok(page.includes("```\nExamples:\n  one\n```"), page);
  assert.ok(!page.includes("`-h, --help`"));
});
