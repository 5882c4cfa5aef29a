import assert from "node:assert/strict";
import type { EventEmitter } from "node:events";
import { test } from "node:test";
import type { Command } from "commander";
import { commandTree } from "../src/command-tree.ts";
import { call } from "./call.ts";

const terminal = { out: { write: () => undefined }, err: { write: () => undefined }, environment: {}, isInteractive: false };

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((inner) => [inner, ...everyCommand(inner)]);
}

test("every command says what it does, and shows examples of itself", () => {
  for (const command of everyCommand(commandTree(terminal, async () => undefined))) {
    assert.notEqual(command.description(), "", command.name());
    let after = "";
    (command as unknown as EventEmitter).emit("afterHelp", { error: false, command, write: (text: string) => (after += text) });
    const words: string[] = [];
    for (let at: Command | null = command; at !== null; at = at.parent) words.unshift(at.name());
    assert.match(after, new RegExp(`Examples?:[^]*${words.join(" ")}`), words.join(" "));
  }
});

test("a command is told by its words, with its flags and what stands behind them", async () => {
  const acts: unknown[] = [];
  const tree = commandTree(terminal, async (name, flags, words) => void acts.push([name, flags["json"], words]));
  await tree.parseAsync(["token", "inspect", "--json", "a.b.c"], { from: "user" });
  assert.deepEqual(acts, [["token inspect", true, ["a.b.c"]]]);
});

test("a word that is nearly one is asked about", async () => {
  for (const [args, meant] of [
    [["srve"], "serve"],
    [["token", "inspct"], "inspect"],
    [["doctor", "--jsn"], "--json"],
  ] as const) {
    const { code, err } = await call(args);
    assert.equal(code, 2);
    assert.match(err, new RegExp(`Did you mean ${meant}\\?`), args.join(" "));
  }
});
