import assert from "node:assert/strict";
import { test } from "node:test";
import { commandTree } from "../src/command-tree.ts";
import { helpFirst } from "../src/help-first.ts";
import { call } from "./call.ts";

const terminal = { out: { write: () => undefined }, err: { write: () => undefined }, environment: {}, isInteractive: false };
const tree = commandTree(terminal, async () => undefined);

const calls: readonly (readonly [given: string, taken: string])[] = [
  ["", "--help"],
  ["help", "--help"],
  ["help serve", "serve --help"],
  ["help serve --port 1", "serve --help"],
  ["token", "token --help"],
  ["token help", "token --help"],
  ["help token create", "token create --help"],
  ["token help create", "token create --help"],
  ["help sevre", "sevre"],
  ["sevre --help", "sevre"],
  ["token crate --help", "token crate"],
  ["serve --help", "serve --help"],
  ["--version", "--version"],
  ["run help", "run help"],
  ["run cat --help", "run cat --help"],
  ["connect help", "connect help"],
];
for (const [given, taken] of calls) {
  test(`openline ${given} is taken as openline ${taken}`, () => {
    assert.equal(helpFirst(given.split(" ").filter(Boolean), tree).join(" "), taken);
  });
}

test("the help of a command that is none is a wrong call, with the one that was meant", async () => {
  for (const [args, message] of [
    [["help", "sevre"], /^openline: unknown command 'sevre' \(Did you mean serve\?\)\n$/],
    [["token", "crate", "--help"], /^openline: unknown command 'crate' \(Did you mean create\?\)\n$/],
  ] as const) {
    const { code, out, err } = await call(args);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, message);
  }
});
