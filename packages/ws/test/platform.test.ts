import assert from "node:assert/strict";
import { test } from "node:test";
import { platform, platformWith } from "../src/platform.ts";

test("A: SHA-1 in base64 of the RFC's sample key and GUID (RFC 6455 §1.3)", () => {
  assert.equal(platform.sha1Base64("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("F: masking keys are unsigned 32-bit numbers and do not repeat, across refills of the pool too (RFC 6455 §5.3)", () => {
  const keys = Array.from({ length: 5000 }, () => platform.randomMask());
  assert.ok(keys.every((key) => Number.isInteger(key) && key >= 0 && key <= 0xffff_ffff));
  // Two equal ones among 5,000 happen by chance once in 340 runs, three pairs never.
  assert.ok(new Set(keys).size > 4997);
});

test("a handshake key is the base64 of 16 bytes, fresh each time (RFC 6455 §4.1)", () => {
  assert.match(platform.randomKey(), /^[A-Za-z0-9+/]{22}==$/);
  assert.notEqual(platform.randomKey(), platform.randomKey());
});

for (const text of ["", "plain", "Grüße", "你好，世界", "👩‍👩‍👧 e\u0301", "\ufeffmark", "lone \ud800 half"]) {
  test(`U: ${JSON.stringify(text)} is written as UTF-8 and read again`, () => {
    const bytes = platform.alloc(64);
    const length = platform.encodeInto(text, bytes, 3);
    assert.equal(length, platform.utf8Length(text));
    assert.ok(platform.isUtf8(bytes.subarray(3, 3 + length)));
    assert.equal(platform.decodeUtf8(bytes.subarray(3, 3 + length)), text.replace("\ud800", "\ufffd"));
  });
}

test("Latin-1 is one code point for each byte", () => {
  assert.equal(platform.decodeLatin1(new Uint8Array([0x41, 0xe9, 0xff])), "Aéÿ");
});

test("memory handed out is a Buffer outside Node's pool", () => {
  const bytes = platform.alloc(10);
  assert.ok(Buffer.isBuffer(bytes));
  assert.equal(bytes.buffer.byteLength, 10);
});

test("a view of memory is a Buffer, as what alloc returns", () => {
  const bytes = platform.alloc(4);
  const view = platform.view(bytes.buffer, 1, 2);
  view.fill(7);
  assert.ok(Buffer.isBuffer(view));
  assert.deepEqual([...bytes.subarray(1, 3)], [7, 7]);
});

test("masking keys of the user's own: four bytes as generateMask fills them", () => {
  assert.equal(platformWith(undefined), platform);
  const mine = platformWith((mask) => mask.set([1, 2, 3, 4]));
  assert.equal(mine.randomMask(), 0x04030201);
  assert.equal(mine.randomKey, platform.randomKey);
});
