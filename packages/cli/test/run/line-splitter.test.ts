import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as assertProperty, constantFrom, nat, property, string } from "fast-check";
import { LineSplitter } from "../../src/run/line-splitter.ts";

function split(chunks: readonly string[], maxBytes = 1000, rule: "refuse" | "cut" = "refuse"): { lines: string[]; isGood: boolean } {
  const lines: string[] = [];
  const splitter = new LineSplitter(maxBytes, rule, (line) => lines.push(line.toString()));
  const isGood = chunks.every((chunk) => splitter.push(Buffer.from(chunk)));
  splitter.end();
  return { lines, isGood };
}

const cases: readonly [text: string, lines: string[]][] = [
  ["a\nb\n", ["a", "b"]],
  ["a\r\n\r\n\n b \n", ["a", "", "", " b "]],
  ["no newline", ["no newline"]],
  ["a\nlast", ["a", "last"]],
  ["a\rb\n", ["a\rb"]],
  ["", []],
];
for (const [text, lines] of cases) {
  test(`${JSON.stringify(text)} is ${lines.length} lines, whole and byte by byte; the last one needs no newline`, () => {
    assert.deepEqual(split([text]).lines, lines);
    assert.deepEqual(split(text.split("")).lines, lines);
  });
}

test("any text at any split gives the same lines", () => {
  assertProperty(
    property(string({ unit: constantFrom("a", "\n", "\r", "b") }), array(nat(20)), (text, sizes) => {
      const chunks: string[] = [];
      let rest = text;
      for (const size of sizes) {
        chunks.push(rest.slice(0, size));
        rest = rest.slice(size);
      }
      assert.deepEqual(split([...chunks, rest]).lines, split([text]).lines);
    }),
  );
});

test("R26: a line over the cap is refused whatever pieces it comes in, and no more than the cap is kept", () => {
  assert.deepEqual(split(["1234\n12345\n"], 4), { lines: ["1234"], isGood: false });
  assert.equal(split("12345".split(""), 4).isGood, false);
  const splitter = new LineSplitter(4, "refuse", () => {});
  for (const chunk of ["123", "45678"]) splitter.push(Buffer.from(chunk));
  assert.ok(splitter.pendingBytes <= 4);
});

test("or cut into pieces: nothing of it is lost", () => {
  assert.deepEqual(split(["123456789\nab\n"], 4, "cut"), { lines: ["1234", "5678", "9", "ab"], isGood: true });
  assert.equal(split("123456789".split(""), 4, "cut").lines.join(""), "123456789");
});
