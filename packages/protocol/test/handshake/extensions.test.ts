import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { Extension } from "../../src/handshake/extensions.ts";
import { formatExtensions, parseExtensions } from "../../src/handshake/extensions.ts";

const good: [string, Extension[]][] = [
  ["foo", [{ name: "foo", params: [] }]],
  [
    "foo, bar; baz=2",
    [
      { name: "foo", params: [] },
      { name: "bar", params: [["baz", "2"]] },
    ],
  ],
  [
    "permessage-deflate; client_max_window_bits; server_max_window_bits=10",
    [
      {
        name: "permessage-deflate",
        params: [
          ["client_max_window_bits", true],
          ["server_max_window_bits", "10"],
        ],
      },
    ],
  ],
  ['a;b="c"', [{ name: "a", params: [["b", "c"]] }]],
  [
    'a ; b = "c\\d" ,e',
    [
      { name: "a", params: [["b", "cd"]] },
      { name: "e", params: [] },
    ],
  ],
  [
    "a;b=1;b=2, a",
    [
      {
        name: "a",
        params: [
          ["b", "1"],
          ["b", "2"],
        ],
      },
      { name: "a", params: [] },
    ],
  ],
  ["__proto__; constructor=1", [{ name: "__proto__", params: [["constructor", "1"]] }]],
];

for (const [value, list] of good) {
  test(`extensions: ${value} (RFC 6455 §9.1)`, () => assert.deepEqual(parseExtensions(value), list));
}

for (const bad of [
  "",
  ",",
  "foo,",
  ",foo",
  "foo;",
  "foo;;",
  "foo; =1",
  "foo;bar=",
  'foo;bar="',
  'foo;bar=""',
  'foo;bar="a b"',
  'foo;bar="a"b',
  "foo bar",
  "foo;bar=1 2",
  'foo;bar="\\',
  "f\0o",
  "foo;bär",
]) {
  test(`extensions: ${JSON.stringify(bad)} breaks the grammar (RFC 6455 §9.1)`, () => assert.equal(parseExtensions(bad), undefined));
}

test("property: what is formatted is parsed back (RFC 6455 §9.1)", () => {
  const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,8}$/);
  const param = fc.tuple(token, fc.oneof(token, fc.constant(true as const)));
  const extension = fc.record({ name: token, params: fc.array(param, { maxLength: 4 }) }, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(extension, { minLength: 1, maxLength: 4 }), (list) =>
      assert.deepEqual(parseExtensions(formatExtensions(list)), list),
    ),
  );
});

test("what is not a token is not formatted (RFC 6455 §9.1)", () => {
  for (const list of [
    [{ name: "a b", params: [] }],
    [{ name: "a", params: [["b", "1\r\n"]] }],
    [{ name: "a", params: [["", true]] }],
  ] as Extension[][]) {
    assert.throws(() => formatExtensions(list), { code: "USAGE_EXTENSION" });
  }
});
