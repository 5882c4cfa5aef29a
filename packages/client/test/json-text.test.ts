import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError } from "../src/errors.ts";
import { jsonText } from "../src/json-text.ts";

const cycle: Record<string, unknown> = {};
cycle["self"] = cycle;

const bad: readonly [name: string, value: unknown][] = [
  ["undefined", undefined],
  ["a function", () => 1],
  ["a symbol", Symbol("x")],
  ["a BigInt", 1n],
  ["a cycle", cycle],
  [
    "a toJSON that throws",
    {
      toJSON() {
        throw new Error("no");
      },
    },
  ],
];

for (const [name, value] of bad) {
  test(`${name} is no JSON value and refused with bad-data`, () => {
    assert.throws(
      () => jsonText(value),
      (error) => error instanceof ClientError && error.code === "bad-data",
    );
  });
}

test("U: Chinese, emoji and combining characters become their JSON text", () => {
  assert.equal(JSON.parse(jsonText({ text: "你好 👋 e\u0301" })).text, "你好 👋 e\u0301");
});
