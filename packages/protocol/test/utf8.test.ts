import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import test from "node:test";
import * as fc from "fast-check";
import { Utf8Validator } from "../src/utf8.ts";

/** How many bytes are taken before the text is refused; undefined when it never is. */
function failsAt(bytes: Uint8Array): number | undefined {
  const utf8 = new Utf8Validator(isUtf8);
  for (let at = 0; at < bytes.length; at++) if (!utf8.push(bytes.subarray(at, at + 1))) return at;
  return undefined;
}

const wrong: [name: string, bytes: number[], at: number][] = [
  ["a continuation byte alone", [0x41, 0x80], 1],
  ["an overlong slash of two", [0xc0, 0xaf], 0],
  ["C1", [0xc1, 0x80], 0],
  ["an overlong slash of three", [0xe0, 0x80, 0xaf], 1],
  ["an overlong slash of four", [0xf0, 0x80, 0x80, 0xaf], 1],
  ["the surrogate U+D800", [0xed, 0xa0, 0x80], 1],
  ["the surrogate U+DFFF", [0xed, 0xbf, 0xbf], 1],
  ["U+110000", [0xf4, 0x90, 0x80, 0x80], 1],
  ["F5", [0xf5, 0x80, 0x80, 0x80], 0],
  ["FE", [0xfe], 0],
  ["FF", [0xff], 0],
  ["a character cut short by ASCII", [0xe2, 0x82, 0x41], 2],
  ["a character cut short by another", [0xe2, 0xe2, 0x82, 0xac], 1],
];

for (const [name, bytes, at] of wrong) {
  test(`${name} fails at its first wrong byte (RFC 6455 §8.1, RFC 3629 §3)`, () => {
    assert.equal(failsAt(Uint8Array.from(bytes)), at);
    // The same behind and before enough text for the platform's check.
    const text = Buffer.from("größer als zweiunddreißig Bytes, damit es schnell geht 😀");
    assert.equal(new Utf8Validator(isUtf8).push(Buffer.concat([text, Buffer.from(bytes)])), false);
    assert.equal(new Utf8Validator(isUtf8).push(Buffer.concat([Buffer.from(bytes), text])), false);
  });
}

test("every code point but the surrogates is accepted (RFC 3629 §3)", () => {
  const utf8 = new Utf8Validator(isUtf8);
  for (let point = 0; point <= 0x10ffff; point += 1) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    if (point > 0x3000 && point < 0xffff && point % 7 !== 0) continue;
    if (point > 0x11000 && point < 0x10ff00 && point % 101 !== 0) continue;
    assert.ok(utf8.push(Buffer.from(String.fromCodePoint(point))) && utf8.complete, point.toString(16));
  }
});

test("property: in pieces of any size the verdict is that of the whole (RFC 6455 §8.1)", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 120 }).map((value) => Buffer.from(value));
  const anything = fc.oneof(
    text,
    fc.tuple(text, fc.uint8Array({ maxLength: 3 }), text).map((parts) => Buffer.concat(parts)),
  );
  fc.assert(
    fc.property(anything, fc.array(fc.nat(200), { maxLength: 6 }), (bytes, places) => {
      const utf8 = new Utf8Validator(isUtf8);
      let valid = true;
      let start = 0;
      for (const end of [...places.map((place) => Math.min(place, bytes.length)).toSorted((a, b) => a - b), bytes.length]) {
        valid &&= utf8.push(bytes.subarray(start, end));
        start = end;
      }
      assert.equal(valid && utf8.complete, isUtf8(bytes));
    }),
    { numRuns: 1000 },
  );
});

test("reset forgets a character begun", () => {
  const utf8 = new Utf8Validator(isUtf8);
  assert.ok(utf8.push(Uint8Array.of(0xf0, 0x90)));
  assert.equal(utf8.complete, false);
  utf8.reset();
  assert.ok(utf8.complete && utf8.push(Uint8Array.of(0x41)));
});
