import assert from "node:assert/strict";
import { test } from "node:test";
import { parseWith, type Read } from "../src/parse.ts";

const readers = new Map<string, Read<number>>([["n", (fields) => fields.integer("n", 9)]]);

test("a text goes to the reader of its type, and a fault comes back as a value with the ref", () => {
  assert.deepEqual(parseWith('{"type":"n","n":7}', readers), { ok: true, message: 7 });
  const message = "n must be an integer from 0 to 9, got 10";
  assert.deepEqual(parseWith('{"type":"n","n":10,"ref":3}', readers), { ok: false, error: { code: "bad-message", message, ref: 3 } });
});

test("a ref that is no ref is not repeated", () => {
  for (const ref of ["-1", '"1"', "1.5", "9007199254740992", "null"]) {
    const parsed = parseWith(`{"type":"n","n":10,"ref":${ref}}`, readers);
    assert.ok(!parsed.ok && !("ref" in parsed.error), ref);
  }
});

test("a fault of the reader's own code is not taken for one of the sender", () => {
  const broken = new Map<string, Read<number>>([["n", () => assert.fail("broken")]]);
  assert.throws(() => parseWith('{"type":"n"}', broken), /broken/);
});
