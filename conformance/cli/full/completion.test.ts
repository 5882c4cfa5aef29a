import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { findProgram, type Program } from "@openline/testkit";
import { PseudoTerminal, skip as withoutTerminal } from "../pseudo-terminal.ts";
import { binary } from "../run-process.ts";

const timeout = 120_000;
const folder = mkdtempSync(join(tmpdir(), "openline-completion-"));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "only-this.pem"), "");

const [fish, zsh, bash] = [findProgram("fish"), findProgram("zsh"), findProgram("bash")];
const unless = (program: Program): string | false => (program.path === undefined && process.env["CI"] !== "true" ? program.reason : false);

/** The file with what `openline completion SHELL` prints. */
function scriptFor(shell: string): string {
  const file = join(folder, shell);
  writeFileSync(file, execFileSync(process.execPath, [binary, "completion", shell]));
  return file;
}

/** What is typed, and what stands there after Tab. */
const typed: readonly (readonly [line: string, completed: string])[] = [
  ["openline ser", "openline serve "],
  ["openline token ins", "openline token inspect "],
  ["openline doctor --beh", "openline doctor --behind "],
  ["openline token create --us", "openline token create --user "],
  ["openline run --mode=shared --envel", "openline run --mode=shared --envelope "],
  ["openline connect wss://x/ --ca only-t", "openline connect wss://x/ --ca only-this.pem "],
  ["openline completion zs", "openline completion zsh "],
];

test("fish takes the script, and completes commands, flags and files with it", { skip: unless(fish), timeout }, () => {
  const script = scriptFor("fish");
  for (const [line, completed] of typed) {
    const call = `source ${script}; complete -C '${line}'`;
    const given = execFileSync(fish.path ?? "fish", ["--no-config", "-c", call], { cwd: folder, encoding: "utf8" });
    const [word = ""] = given.trim().split("\n");
    assert.equal(word.split("\t", 1)[0], completed.trim().split(" ").at(-1), line);
  }
});

/** An interactive shell that has read its script. */
async function interactive(t: TestContext, command: readonly string[], prepare: string): Promise<PseudoTerminal> {
  const terminal = new PseudoTerminal(t, command);
  // The echo of what is typed here is not the prompt.
  terminal.type(`cd ${folder}; ${prepare}; PS1='rea''dy> '\r`);
  await terminal.shows(/ready> $/);
  return terminal;
}

for (const [shell, found, command, prepare] of [
  ["zsh", zsh, ["-f", "-i"], "autoload -Uz compinit && compinit -u -D && source"],
  ["bash", bash, ["--norc", "--noprofile", "-i"], "bind 'set bell-style none'; source"],
] as const)
  test(`${shell} takes the script, and completes commands, flags and files on a terminal`, {
    skip: withoutTerminal || unless(found),
    timeout,
  }, async (t) => {
    const terminal = await interactive(t, [found.path ?? shell, ...command], `${prepare} ${scriptFor(shell)}`);
    for (const [line, completed] of typed) {
      terminal.type(`${line}\t`);
      await terminal.shows(new RegExp(`${completed.trim().split(" ").at(-1) ?? ""} $`));
      // Ctrl-U takes the line back.
      terminal.type("\u0015");
    }
    terminal.type("exit\r");
    assert.equal(await terminal.ended, 0);
  });
