import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { CommandFailure } from "../../src/failure.ts";
import { FlagValues } from "../../src/run/flag-values.ts";

const values = new FlagValues({
  n: "7",
  empty: "",
  colour: "red",
  dir: tmpdir(),
  list: ["a", "b"],
  field: ["X-A:  1 ", "X-B:"],
  on: true,
});

test("flags are read as what they must be; what was not given has its default", () => {
  assert.deepEqual([values.whole("n", 1, 0, 9), values.whole("none", 1, 0, 9)], [7, 1]);
  assert.deepEqual(
    [values.choice("colour", ["red", "blue"], "blue", 2), values.choice("none", ["red", "blue"], "blue", 2)],
    ["red", "blue"],
  );
  assert.deepEqual([values.directory("dir"), values.directory("none"), values.directory("empty")], [tmpdir(), undefined, undefined]);
  assert.deepEqual([values.list("list"), values.list("none")], [["a", "b"], []]);
  assert.deepEqual(values.fields("field"), [
    ["X-A", "1"],
    ["X-B", ""],
  ]);
  assert.deepEqual([values.isOn("on"), values.isOn("none"), values.has("n"), values.has("none")], [true, false, true, false]);
});

test("an empty text is no path and no name, but it was given: no number and no choice", () => {
  assert.deepEqual([values.text("empty"), values.given("empty")], [undefined, ""]);
  for (const read of [() => values.whole("empty", 1, 0, 9), () => values.choice("empty", ["red"], "red", 2)])
    assert.throws(read, (error) => error instanceof CommandFailure && error.exitCode === 2 && error.message.includes('not ""'));
});

const wrong: readonly (readonly [read: () => unknown, exitCode: number, message: RegExp])[] = [
  [() => values.whole("n", 1, 0, 6), 2, /^--n must be a whole number from 0 to 6, not 7$/],
  [() => values.whole("colour", 1, 0, 6), 2, /not "red"$/],
  [() => values.choice("colour", ["blue"], "blue", 1), 1, /^--colour must be one of blue, not "red"$/],
  [() => values.directory("colour"), 1, /^--colour: red is no directory$/],
  [() => values.fields("list"), 2, /^--list must look like "Name: value", not "a"$/],
];
test("what is none is refused with the flag, what it takes, and the value", () => {
  for (const [read, exitCode, message] of wrong)
    assert.throws(read, (error) => error instanceof CommandFailure && error.exitCode === exitCode && message.test(error.message));
});
