import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "../src/encode.ts";

test("a message is one JSON object on one line, with the keys in their order and no lone surrogate in its text", () => {
  const text = encode({ type: "publish", ref: 1, room: "a", data: { b: 1, a: "\n\ud800" } });
  assert.equal(text, '{"type":"publish","ref":1,"room":"a","data":{"b":1,"a":"\\n\\ud800"}}');
});

test("what is no JSON value is thrown at the caller", () => {
  assert.throws(() => encode({ type: "publish", ref: 1, room: "a", data: 1n }), TypeError);
});
