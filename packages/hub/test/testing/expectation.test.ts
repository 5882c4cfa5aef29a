import assert from "node:assert/strict";
import { test } from "node:test";
import { holds, same } from "../../src/testing/expectation.ts";

test("what holds passes; what does not is an error that names what was expected", () => {
  holds(true, "the sun rises");
  assert.throws(() => holds(false, "the sun rises"), { message: "expected: the sun rises" });
});

for (const [actual, expected] of [
  [
    [1, { a: null }],
    [1, { a: null }],
  ],
  [undefined, undefined],
  [{ a: 1, b: undefined }, { a: 1 }],
]) {
  test(`two values that are the same as JSON are the same: ${JSON.stringify(actual)}`, () => same(actual, expected, "the value"));
}

test("two values that differ are an error that shows both", () => {
  assert.throws(() => same([1, "2"], [1, 2], "the list"), { message: 'the list: got [1,"2"], expected [1,2]' });
  assert.throws(() => same(undefined, null, "the top"), { message: "the top: got undefined, expected null" });
  assert.throws(() => same(["b", "a"], ["a", "b"], "the order"), /the order/);
});
