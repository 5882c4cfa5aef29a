import assert from "node:assert/strict";
import { test } from "node:test";
import { headEnd, readCgiHead } from "../../src/run/cgi-response.ts";

test("a head ends with an empty line, of either kind", () => {
  assert.deepEqual(headEnd(Buffer.from("A: b\n\nbody")), { end: 4, body: 6 });
  assert.deepEqual(headEnd(Buffer.from("A: b\r\n\r\nbody\n\n")), { end: 4, body: 8 });
  assert.equal(headEnd(Buffer.from("A: b\r\n")), undefined);
});

const heads: readonly [text: string, expected: unknown][] = [
  ["Content-Type: text/plain", { status: 200, phrase: "", fields: [["Content-Type", "text/plain"]] }],
  ["Status: 404 Not Here\r\nContent-Type: a/b", { status: 404, phrase: "Not Here", fields: [["Content-Type", "a/b"]] }],
  ["Location: /x", { status: 302, phrase: "", fields: [["Location", "/x"]] }],
  ["Status: 201", { status: 201, phrase: "", fields: [] }],
  [
    "Content-Type: a/b\nConnection: close\nTransfer-Encoding: chunked\nSet-Cookie: a=b\nSet-Cookie: c=d",
    {
      status: 200,
      phrase: "",
      fields: [
        ["Content-Type", "a/b"],
        ["Set-Cookie", "a=b"],
        ["Set-Cookie", "c=d"],
      ],
    },
  ],
  ["X-Only: this", undefined],
  ["Status: fine", undefined],
  ["Status: 99", undefined],
  ["no colon", undefined],
  ["Content-Type: a\0b", undefined],
  ["", undefined],
];
for (const [text, expected] of heads) {
  test(`the head ${JSON.stringify(text)} (RFC 3875 §6)`, () => assert.deepEqual(readCgiHead(text), expected));
}
