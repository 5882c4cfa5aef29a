import assert from "node:assert/strict";
import { test } from "node:test";
import { shouldReconnect } from "../src/index.ts";

test("4000 to 4499 mean stay away, 4500 to 4999 come back; the registered codes as the table says (hub-v1, Close codes)", () => {
  const expected: [number, string][] = [
    [1000, "no"],
    [1001, "yes"],
    [1005, "yes"],
    [1006, "yes"],
    [1009, "no"],
    [1013, "later"],
    [4000, "no"],
    [4405, "no"],
    [4499, "no"],
    [4500, "yes"],
    [4503, "yes"],
    [4999, "yes"],
  ];
  assert.deepEqual(
    expected.map(([code]) => [code, shouldReconnect(code)]),
    expected,
  );
});
