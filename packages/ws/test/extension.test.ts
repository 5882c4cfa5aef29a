import assert from "node:assert/strict";
import { test } from "node:test";
import { extension } from "../src/extension.ts";
import { ws } from "./fixtures/npm-ws.ts";

const { extension: theirs } = ws;

const fields = [
  "permessage-deflate",
  "permessage-deflate; client_max_window_bits",
  "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate",
  'foo; a="1"; a=2 , bar',
  "__proto__; constructor=1",
] as const;

for (const field of fields) {
  test(`reads ${field} as ws does (RFC 6455 §9.1)`, () => {
    assert.deepEqual(structuredClone(extension.parse(field)), structuredClone(theirs.parse(field)));
  });
}

test("what was read can be written again", () => {
  const field = "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate, foo; a=1; a=2";
  assert.equal(extension.format(extension.parse(field)), field);
});

test("writes one offer or several, numbers and true", () => {
  const offers = { "permessage-deflate": { server_no_context_takeover: true, server_max_window_bits: 10 }, foo: [{}, { a: ["x", true] }] };
  assert.equal(extension.format(offers), theirs.format(offers));
});

test("a field that breaks the grammar is a SyntaxError that names it (RFC 6455 §9.1)", () => {
  for (const field of ["", "foo;", "foo,", "foo; a=", 'foo; a="', "f o o"]) {
    assert.throws(() => extension.parse(field), {
      name: "SyntaxError",
      message: `Invalid Sec-WebSocket-Extensions value: ${JSON.stringify(field)}`,
    });
    assert.throws(() => theirs.parse(field), SyntaxError);
  }
});
