import assert from "node:assert/strict";
import test from "node:test";
import { headerBytes, MASK, writeHeader } from "../src/frame.ts";

const headers: [payloadBytes: number, bytes: number[]][] = [
  [0, [0x82, 0]],
  [125, [0x82, 125]],
  [126, [0x82, 126, 0, 126]],
  [65_535, [0x82, 126, 255, 255]],
  [65_536, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  [2 ** 32 + 5, [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 5]],
  [2 ** 53 - 1, [0x82, 127, 0, 0x1f, 255, 255, 255, 255, 255, 255]],
];

for (const [payloadBytes, bytes] of headers) {
  test(`a header for ${payloadBytes} bytes has the shortest form (RFC 6455 §5.2)`, () => {
    const into = new Uint8Array(16);
    const end = writeHeader(into, 2, 0x82, payloadBytes, 0);
    assert.deepEqual(Array.from(into.subarray(2, end)), bytes);
    assert.equal(headerBytes(payloadBytes, false), bytes.length);
    assert.equal(headerBytes(payloadBytes, true), bytes.length + 4);
    writeHeader(into, 2, 0x82, payloadBytes, MASK);
    assert.equal(into[3], (bytes[1] ?? 0) | 0x80);
  });
}
