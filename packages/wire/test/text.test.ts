import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { checkName, hasLoneSurrogate, isVisibleAscii, shorten, utf8Length } from "../src/text.ts";

const anyUnits = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });

test("the length in UTF-8 is what an encoder makes of any text, lone surrogates as U+FFFD", () => {
  fc.assert(
    fc.property(anyUnits, (text) => utf8Length(text) === new TextEncoder().encode(text).length),
    { numRuns: 500 },
  );
});

test("a lone surrogate is found wherever it stands", () => {
  fc.assert(
    fc.property(anyUnits, (text) => hasLoneSurrogate(text) === isRefusedByUriEncoding(text)),
    { numRuns: 500 },
  );
  for (const text of ["\ud800", "a\udc00", "\udc00\ud800", "\ud83d\ud83d\ude00"]) assert.ok(hasLoneSurrogate(text), JSON.stringify(text));
});

/** `encodeURIComponent` throws for a lone surrogate and for nothing else. */
function isRefusedByUriEncoding(text: string): boolean {
  try {
    encodeURIComponent(text);
    return false;
  } catch {
    return true;
  }
}

const goodNames = [
  "a",
  "lobby",
  "房间",
  "Zoë",
  "👩‍👩‍👧",
  "e\u0301",
  "a b",
  "x".repeat(255),
  "é".repeat(127),
  "private:{user}:1",
  "__proto__",
];
const badNames: [string, RegExp][] = [
  ["", /is empty/],
  ["x".repeat(256), /at least 256 bytes, the limit is 255/],
  ["é".repeat(128), /has 256 bytes, the limit is 255/],
  ["a\u0000", /control character/],
  ["a\u007fb", /control character/],
  ["a\u0085b", /control character/],
  ["a\ud800", /lone surrogate/],
  [" a", /white space/],
  ["a\u3000", /white space/],
];

test("a name is 1 to 255 bytes without control characters, lone surrogates and white space at its ends (hub-v1, Names)", () => {
  for (const name of goodNames) assert.equal(checkName(name), undefined, name);
  for (const [name, wrong] of badNames) assert.match(checkName(name) ?? "", wrong);
});

test("a refused name is quoted in 40 characters at most, whatever its length", () => {
  assert.ok((checkName("x".repeat(1_000_000)) ?? "").length < 120);
});

test("an opaque text is visible ASCII only", () => {
  assert.ok(isVisibleAscii("aZ09!~._-"));
  for (const text of ["", "a b", "é", "a\n", "\u007f"]) assert.ok(!isVisibleAscii(text), JSON.stringify(text));
});

test("a value in an error text is short and of one line", () => {
  assert.deepEqual([undefined, null, 7, true, [], {}, "a\nb", "x".repeat(50)].map(shorten), [
    "nothing",
    "null",
    "7",
    "true",
    "an array",
    "an object",
    '"a\\nb"',
    `"${"x".repeat(40)}…"`,
  ]);
});
