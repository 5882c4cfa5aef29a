import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Utf8Pieces } from "../src/utf8-pieces.ts";

function joined(pieces: readonly (string | Uint8Array)[]): string {
  const utf8 = new Utf8Pieces();
  const bytes = pieces.map((piece) => Buffer.from(utf8.push(piece)));
  return Buffer.concat([...bytes, utf8.end() ?? Buffer.alloc(0)]).toString();
}

test("a text cut anywhere, between the halves of a surrogate pair too, is the same text (RFC 6455 §8.1)", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.nat(20)), (text, cuts) => {
      const pieces: string[] = [];
      let at = 0;
      for (const length of cuts) pieces.push(text.slice(at, (at += length)));
      assert.equal(joined([...pieces, text.slice(at)]), text);
    }),
  );
});

test("bytes may be cut inside a character; strings and bytes may take turns between characters", () => {
  const bytes = Buffer.from("心👍");
  assert.equal(joined([bytes.subarray(0, 1), bytes.subarray(1, 4), bytes.subarray(4), "心"]), "心👍心");
});

test("a lone surrogate becomes U+FFFD, as in a whole string", () => {
  assert.equal(joined(["a\ud83d", "b"]), "a\ufffdb");
  assert.equal(joined(["a\ud83d"]), "a\ufffd");
  assert.equal(joined(["\ud83d", Buffer.from("b")]), "\ufffdb");
});

test("bytes that are not UTF-8, or end inside a character, are refused", () => {
  assert.throws(() => joined([Buffer.from([0xff])]), TypeError);
  assert.throws(() => joined([Buffer.from([0xe5, 0xbf])]), TypeError);
  assert.throws(() => joined([Buffer.from([0xe5, 0xbf]), "x"]), TypeError);
});
