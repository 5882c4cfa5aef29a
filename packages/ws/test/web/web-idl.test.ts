import assert from "node:assert/strict";
import { test } from "node:test";
import { asInterface, clampedUnsignedShort, dictionary, domString, sequenceOf, usvString, withConstants } from "../../src/web/web-idl.ts";

const clamped: readonly [unknown, number][] = [
  [1000, 1000],
  [-1, 0],
  [65_536, 65_535],
  [Number.NaN, 0],
  ["1000", 1000],
  ["x", 0],
  [null, 0],
  [{}, 0],
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [2999.5, 3000],
  [Number.POSITIVE_INFINITY, 65_535],
];

for (const [value, wanted] of clamped) {
  test(`[Clamp] unsigned short: ${String(value)} is ${wanted} (Web IDL §3.3.6)`, () => assert.equal(clampedUnsignedShort(value), wanted));
}

test("a symbol is neither text nor number, a BigInt no number (Web IDL §3.2)", () => {
  assert.throws(() => domString(Symbol("a")), TypeError);
  assert.throws(() => usvString(Symbol("a")), TypeError);
  assert.throws(() => clampedUnsignedShort(Symbol("a")), TypeError);
  assert.throws(() => clampedUnsignedShort(1n), TypeError);
});

test("USVString makes lone surrogates U+FFFD and leaves pairs alone (Web IDL §3.2.12)", () => {
  assert.equal(usvString("a\uD800b😀\uDC00"), "a\uFFFDb😀\uFFFD");
  assert.equal(domString("\uD800"), "\uD800");
});

test("a sequence is an object with an iterator, and a string is none (Web IDL §3.2.21)", () => {
  assert.deepEqual(sequenceOf(new Set(["a", "b"])), ["a", "b"]);
  for (const value of ["ab", null, undefined, 1, {}]) assert.equal(sequenceOf(value), undefined);
  assert.throws(() => sequenceOf({ [Symbol.iterator]: 1 }), TypeError);
});

test("a dictionary is an object, or left out (Web IDL §3.2.17)", () => {
  const given = {};
  assert.equal(dictionary(given, "X"), given);
  assert.deepEqual([dictionary(undefined, "X"), dictionary(null, "X")], [{}, {}]);
  assert.throws(() => dictionary("text", "X"), TypeError);
});

test("members are enumerable, constants fixed on both places, the tag is the name (Web IDL §3.7)", () => {
  class Thing {
    get size(): number {
      return 1;
    }
  }
  asInterface(Thing, ["size"]);
  withConstants(Thing, { SMALL: 3 });
  assert.deepEqual(Object.keys(Thing.prototype), ["size", "SMALL"]);
  assert.equal(Object.prototype.toString.call(new Thing()), "[object Thing]");
  const fixed = { value: 3, enumerable: true, writable: false, configurable: false };
  assert.deepEqual(Object.getOwnPropertyDescriptor(Thing, "SMALL"), fixed);
  assert.deepEqual(Object.getOwnPropertyDescriptor(Thing.prototype, "SMALL"), fixed);
});
