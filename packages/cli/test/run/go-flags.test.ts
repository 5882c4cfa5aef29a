import assert from "node:assert/strict";
import { test } from "node:test";
import { GoFlagFault, normalizeGoFlags } from "../../src/run/go-flags.ts";

const known = [
  { name: "port", isSwitch: false },
  { name: "header", isSwitch: false },
  { name: "binary", isSwitch: true },
];

const cases: readonly [args: string[], flags: string[], rest: string[]][] = [
  [["-port=8080", "cat"], ["--port=8080"], ["cat"]],
  [["--port=8080", "cat"], ["--port=8080"], ["cat"]],
  [["-port", "8080", "cat", "-n"], ["--port=8080"], ["cat", "-n"]],
  [["--port", "8080", "cat", "--port=1"], ["--port=8080"], ["cat", "--port=1"]],
  [["--header", "-x", "cat"], ["--header=-x"], ["cat"]],
  [["--header=A: b=c", "cat"], ["--header=A: b=c"], ["cat"]],
  [["--binary", "true", "cat"], ["--binary"], ["true", "cat"]],
  [["-binary=true", "cat"], ["--binary"], ["cat"]],
  [["--binary=false", "cat"], [], ["cat"]],
  [["--binary", "--binary=0", "cat"], [], ["cat"]],
  [["--binary", "--", "-port"], ["--binary"], ["-port"]],
  [["-", "x"], [], ["-", "x"]],
  [["--port"], ["--port"], []],
  [["-prot=1", "cat"], ["--prot=1"], ["cat"]],
  [["-h"], ["-h"], []],
  [[], [], []],
];
for (const [args, flags, rest] of cases) {
  test(`as Go's flags: ${JSON.stringify(args)}`, () => assert.deepEqual(normalizeGoFlags(args, known), { flags, rest }));
}

test("a switch with another value than true and false is named", () => {
  assert.throws(
    () => normalizeGoFlags(["--binary=maybe"], known),
    (error) => error instanceof GoFlagFault && /--binary.*"maybe"/.test(error.message),
  );
});
