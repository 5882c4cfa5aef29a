import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { Command } from "commander";
import { commandWords } from "../../src/completion/command-words.ts";
import { completionScript } from "../../src/completion/completion.ts";

const program = new Command("openline");
program.command("serve").description("start a server").option("--port <number>", "it's the port").option("--data <directory>", "where");
program.command("token").description("tokens").command("create").description("make one").option("--user <name>", "who");
const words = commandWords(program);

/** What bash completes after these words. */
function completed(...line: string[]): string[] {
  const script = `${completionScript("bash", words)}
COMP_WORDS=(${line.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${line.length - 1}; _openline; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script], { encoding: "utf8", cwd: "/" });
  assert.equal(status, 0, stderr);
  return stdout.trim().split("\n");
}

test("bash completes commands, their commands, and the flags of the command that was named", () => {
  assert.deepEqual(completed("openline", "se"), ["serve"]);
  assert.deepEqual(completed("openline", "serve", "--p"), ["--port"]);
  assert.deepEqual(completed("openline", "serve", "--port", "1", "--da"), ["--data"]);
  assert.deepEqual(completed("openline", "token", ""), ["create", "--help"]);
  assert.deepEqual(completed("openline", "token", "create", "--u"), ["--user"]);
});

test("after a flag that takes a file files are completed, after another value nothing", () => {
  assert.ok(completed("openline", "serve", "--data", "/et").includes("/etc"));
  assert.deepEqual(completed("openline", "serve", "--port", ""), [""]);
});

test("zsh and fish get each word with what it means, quoted", () => {
  const zsh = completionScript("zsh", words);
  assert.ok(zsh.includes("'serve:start a server'") && zsh.includes("'--port:it'\\''s the port'"), zsh);
  const fish = completionScript("fish", words);
  assert.ok(fish.includes("-a serve -d 'start a server'") && fish.includes("-l port -x -d 'it'\\''s the port'"), fish);
  assert.ok(fish.includes("-n '__fish_seen_subcommand_from token; and not __fish_seen_subcommand_from create' -a create"), fish);
});
