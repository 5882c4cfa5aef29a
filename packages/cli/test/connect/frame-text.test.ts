import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameReader, type SeenFrame } from "../../src/connect/frame-reader.ts";
import { frameText } from "../../src/connect/frame-text.ts";

function frameOf(...bytes: number[]): SeenFrame {
  let seen: SeenFrame | undefined;
  new FrameReader((frame) => (seen = frame)).push(Buffer.from(bytes));
  assert.ok(seen !== undefined);
  return seen;
}

const cases: readonly [what: string, bytes: number[], isCompressed: boolean, header: RegExp, payload: RegExp][] = [
  ["text", [0x81, 0x02, 0x68, 0x1b], false, /^FIN=1 RSV=000 opcode=1 \(text\) MASK=0 length=2 \(7 bits\) {2}header 81 02$/, /^h\\u001b$/],
  ["a masked ping", [0x89, 0x81, 1, 2, 3, 4, 0x60], false, /opcode=9 \(ping\) MASK=1 key=01020304 length=1/, /^61$/],
  [
    "a close frame",
    [0x88, 0x05, 0x03, 0xf1, 0x62, 0x79, 0x65],
    false,
    /opcode=8 \(close\)/,
    /^close code 1009: message too large, reason "bye"$/,
  ],
  ["a compressed message", [0xc1, 0x01, 0x00], false, /RSV=100/, /^compressed \(RSV1, permessage-deflate\): 00$/],
  ["a continuation of it", [0x80, 0x01, 0x00], true, /opcode=0 \(continuation\)/, /^compressed/],
  ["an opcode that nobody has", [0x83, 0x00], false, /opcode=3 \(reserved\)/, /^no payload$/],
];
for (const [what, bytes, isCompressed, header, payload] of cases) {
  test(`${what} is shown with its bits and what it carries (RFC 6455 §5.2)`, () => {
    const [first, second] = frameText(frameOf(...bytes), isCompressed);
    assert.match(first, header);
    assert.match(second, payload);
  });
}

test("of a long payload the beginning, and how much more there is", () => {
  const [, payload] = frameText(frameOf(0x82, 126, 0x01, 0x2c, ...Buffer.alloc(300)), false);
  assert.match(payload, /^(?:00 ){23}00 … 44 more bytes$/);
});
