import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { HIXIE_CLOSE, HixieEvent, HixieReader, hixieText } from "../../src/hixie/frames.ts";

/** What a reader makes of the chunks: texts, `close`, `too big`. */
function read(chunks: readonly Uint8Array[], draft: 75 | 76 = 76, maxPayloadBytes = 1000): string[] {
  const reader = new HixieReader(draft, maxPayloadBytes);
  const seen: string[] = [];
  for (const chunk of chunks) {
    // Whoever keeps views of a chunk would see it change.
    const lent = Uint8Array.from(chunk);
    reader.receive(lent);
    for (let kind = reader.next(); kind !== HixieEvent.None; kind = reader.next()) {
      seen.push(kind === HixieEvent.Text ? `text ${Buffer.from(reader.data).toString()}` : kind === HixieEvent.Close ? "close" : "too big");
    }
    lent.fill(0xee);
  }
  return seen;
}

const bytes = (...values: readonly (number | string)[]): Uint8Array =>
  Buffer.concat(values.map((value) => (typeof value === "string" ? Buffer.from(value) : Buffer.from([value]))));

const rows: readonly [string, Uint8Array, string[], (75 | 76)?][] = [
  ["a text stands between 00 and FF", bytes(0, "hello", 0xff), ["text hello"]],
  ["an empty text, and two in one chunk", bytes(0, 0xff, 0, "é€😀", 0xff), ["text ", "text é€😀"]],
  ["text of another type is thrown away", bytes(0x7f, "no", 0xff, 1, 0xff, 0, "yes", 0xff), ["text yes"]],
  ["a frame with a length is thrown away", bytes(0x80, 3, "abc", 0, "yes", 0xff), ["text yes"]],
  ["a length in two bytes", bytes(0x80, 0x81, 0x01, "x".repeat(129), 0, "yes", 0xff), ["text yes"]],
  ["a length of nothing, written long", bytes(0x80, 0x80, 0x80, 0, 0, "yes", 0xff), ["text yes"]],
  ["FF 00 closes, and what stands behind it is not read (hixie-76)", bytes(0xff, 0, 0, "no", 0xff), ["close"]],
  ["FF with a length is no close", bytes(0xff, 1, "x", 0, "yes", 0xff), ["text yes"]],
  ["FF 00 is thrown away in hixie-75, which has no close", bytes(0xff, 0, 0, "yes", 0xff), ["text yes"], 75],
  ["a text as long as the limit passes", bytes(0, "x".repeat(1000), 0xff), [`text ${"x".repeat(1000)}`]],
  ["a longer one is too big, before its end is there", bytes(0, "x".repeat(1001)), ["too big"]],
  ["a length beyond 2^31 is too big", bytes(0x80, 0xff, 0xff, 0xff, 0xff, 0xff), ["too big"]],
];

for (const [name, given, wanted, draft] of rows) {
  test(`${name} (hixie-76 §5.3)`, () => {
    assert.deepEqual(read([given], draft), wanted);
    assert.deepEqual(
      read(
        Array.from(given, (byte) => Uint8Array.of(byte)),
        draft,
      ),
      wanted,
      "byte by byte",
    );
  });
}

test("what is written is read again, however the bytes are cut (hixie-76 §5.3)", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), fc.array(fc.nat(40)), (texts, cuts) => {
      const good = texts.map((text) => Buffer.from(text).toString());
      const stream = Buffer.concat([...good.map((text) => hixieText(Buffer.from(text))), HIXIE_CLOSE]);
      const chunks: Uint8Array[] = [];
      let at = 0;
      for (const cut of cuts) {
        chunks.push(stream.subarray(at, at + cut));
        at += cut;
      }
      chunks.push(stream.subarray(at));
      assert.deepEqual(read(chunks, 76, 1e6), [...good.map((text) => `text ${text}`), "close"]);
    }),
  );
});

test("any bytes are read to their end, whole or byte by byte with one result (hixie-76 §5.3)", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      assert.deepEqual(
        read(
          Array.from(noise, (byte) => Uint8Array.of(byte)),
          76,
          50,
        ),
        read([noise], 76, 50),
      );
    }),
  );
});
