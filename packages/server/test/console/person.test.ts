import assert from "node:assert/strict";
import { test } from "node:test";
import { hue, initials, listNames } from "../../console/person.ts";

test("initials are the first characters of the first and the last word, or one where the script has no capitals", () => {
  const table: [string, string][] = [
    ["Ada", "A"],
    ["ada lovelace", "AL"],
    ["Ada King, Countess of Lovelace", "AL"],
    ["grace.hopper", "GH"],
    ["王小明", "王"],
    ["王 小明", "王"],
    ["👩‍👩‍👧 family", "👩‍👩‍👧"],
    ["éa", "É"],
    ["__", "_"],
  ];
  for (const [name, expected] of table) assert.equal(initials(name), expected, name);
});

test("a name's hue is the same every time, and is one of 24, none of them muddy", () => {
  assert.equal(hue("Ada"), hue("Ada"));
  const hues = new Set(Array.from({ length: 1000 }, (_, i) => hue(`user ${i}`)));
  assert.equal(hues.size, 24);
  for (const value of hues) assert.ok((value >= 0 && value <= 53) || (value >= 125 && value < 360), String(value));
});

test("names in a sentence are isolated from each other's direction, and at most three are named (UAX #9)", () => {
  const isolated = (name: string): string => `\u2068${name}\u2069`;
  assert.equal(listNames(["Ada"]), isolated("Ada"));
  assert.equal(listNames(["Ada", "سلمى"]), `${isolated("Ada")} and ${isolated("سلمى")}`);
  assert.equal(listNames(["a", "b", "c"]), `${isolated("a")}, ${isolated("b")} and ${isolated("c")}`);
  assert.equal(listNames(["a", "b", "c", "d"]), `${isolated("a")}, ${isolated("b")}, ${isolated("c")} and one more`);
  assert.equal(listNames(["a", "b", "c", "d", "e"]), `${isolated("a")}, ${isolated("b")}, ${isolated("c")} and 2 more`);
});
