import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../src/field-reader.ts";
import { flag, integer, json, list, object, opaque, type Rule, text } from "../src/shape.ts";

const refusals: readonly [rule: Rule<unknown>, value: unknown, fault: string][] = [
  [text, 7, "f must be a string, got 7"],
  [flag, "true", 'f must be true or false, got "true"'],
  [integer, -1, "f must be an integer from 0 to 9007199254740991, got -1"],
  [integer, 2 ** 53, "f must be an integer from 0 to 9007199254740991, got 9007199254740992"],
  [integer, 0.5, "f must be an integer from 0 to 9007199254740991, got 0.5"],
  [opaque, "a b", 'f must be 1 to 128 visible ASCII characters, got "a b"'],
  [opaque, "", 'f must be 1 to 128 visible ASCII characters, got ""'],
  [json, undefined, "f must be a JSON value, got nothing"],
  [list(text), {}, "f must be an array, got an object"],
  [list(text), ["a", 1], "f[1] must be a string, got 1"],
  [object<{ a: string }>({ a: text }), [], "f must be an object, got an array"],
  [object<{ a: string }>({ a: text }), {}, "f.a must be a string, got nothing"],
  [object<{ a?: string }>({ "a?": text }), { a: null }, "f.a must be a string, got null"],
];

for (const [rule, value, message] of refusals) {
  test(`${JSON.stringify(value) ?? "undefined"} is refused: ${message}`, () => {
    assert.throws(() => rule(value, "f"), { code: "bad-message", message });
    assert.throws(() => rule(value, "f"), Fault);
  });
}

test("what fits is given back, -0 as 0", () => {
  assert.deepEqual([text("", "f"), flag(false, "f"), json(null, "f"), opaque("~", "f")], ["", false, null, "~"]);
  assert.ok(Object.is(integer(-0, "f"), 0));
});

test("an object keeps the fields of its shape alone, and reads own ones alone", () => {
  const read = object<{ a: number; b?: string }>({ a: integer, "b?": text });
  assert.deepEqual(read({ b: "x", a: 1, c: 2 }, ""), { a: 1, b: "x" });
  assert.deepEqual(read(Object.assign(Object.create({ b: 7 }), { a: 1 }), ""), { a: 1 });
  assert.throws(() => read(Object.create({ a: 1 }), ""), { message: "a must be an integer from 0 to 9007199254740991, got nothing" });
});
