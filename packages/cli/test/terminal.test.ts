import assert from "node:assert/strict";
import { test } from "node:test";
import { paint, processTerminal, type Terminal } from "../src/terminal.ts";

const terminal = (isInteractive: boolean, environment: Record<string, string> = {}): Terminal => ({
  out: { write: () => true },
  err: { write: () => true },
  environment,
  isInteractive,
});

test("a text is coloured on a terminal only, and not against the user's wish (no-color.org)", () => {
  assert.equal(paint(terminal(true), "bold", "x"), "\u001b[1mx\u001b[0m");
  assert.equal(paint(terminal(true, { NO_COLOR: "" }), "bold", "x"), "\u001b[1mx\u001b[0m");
  for (const plain of [terminal(false), terminal(true, { NO_COLOR: "1" }), terminal(true, { TERM: "dumb" })])
    assert.equal(paint(plain, "bold", "x"), "x");
});

test("the process's terminal is its own streams and environment", () => {
  const { out, err, environment } = processTerminal();
  assert.deepEqual([out, err, environment], [process.stdout, process.stderr, process.env]);
});
