import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { maskRange, turnKey, unmask, unmaskMemory, wordsOf } from "../src/mask.ts";

const bytes = fc.uint8Array({ maxLength: 100 });
const key = fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 });

function byHand(payload: Uint8Array, maskingKey: number, phase: number): Uint8Array {
  return payload.map((byte, at) => byte ^ ((maskingKey >>> (8 * ((at + phase) % 4))) & 255));
}

test("property: unmask is octet i XOR key octet i modulo 4, at any alignment and phase (RFC 6455 §5.3)", () => {
  fc.assert(
    fc.property(bytes, key, fc.nat(9), fc.nat(7), (payload, maskingKey, phase, offset) => {
      const lent = new Uint8Array(offset + payload.length + 5).subarray(offset, offset + payload.length);
      lent.set(payload);
      unmask(lent, maskingKey, phase);
      assert.deepEqual(Array.from(lent), Array.from(byHand(payload, maskingKey, phase)));
      unmask(lent, maskingKey, phase);
      assert.deepEqual(Array.from(lent), Array.from(payload));
    }),
  );
});

test("property: maskRange touches its range only and tells ASCII from the rest (RFC 6455 §5.3)", () => {
  fc.assert(
    fc.property(bytes, key, fc.nat(50), fc.nat(50), fc.boolean(), fc.nat(3), (payload, maskingKey, one, other, words, offset) => {
      const start = Math.min(one, other, payload.length);
      const end = Math.min(Math.max(one, other), payload.length);
      const lent = new Uint8Array(offset + payload.length).subarray(offset);
      lent.set(payload);
      const seen = maskRange(lent, lent.byteOffset, start, end, maskingKey, words ? wordsOf(lent.buffer) : undefined);
      const middle = byHand(payload.subarray(start, end), maskingKey, 0);
      assert.deepEqual(Array.from(lent), [...payload.subarray(0, start), ...middle, ...payload.subarray(end)]);
      assert.equal(
        (seen & 0x8080_8080) === 0,
        middle.every((byte) => byte < 0x80),
      );
    }),
  );
});

test("property: a range of memory is unmasked in place, and it is told whether it is ASCII then (RFC 6455 §5.3)", () => {
  fc.assert(
    fc.property(bytes, key, fc.nat(9), (payload, maskingKey, at) => {
      const memory = new Uint8Array(at + payload.length + 5);
      memory.set(payload, at);
      const isAscii = unmaskMemory(memory.buffer, at, payload.length, maskingKey);
      const expected = byHand(payload, maskingKey, 0);
      assert.deepEqual(Array.from(memory), [...Array.from({ length: at }, () => 0), ...expected, 0, 0, 0, 0, 0]);
      assert.equal(
        isAscii,
        expected.every((byte) => byte < 0x80),
      );
    }),
  );
});

test("a key turned by the phase begins at its octet (RFC 6455 §5.3)", () => {
  for (const [phase, turned] of [
    [0, 0x44332211],
    [1, 0x11443322],
    [2, 0x22114433],
    [3, 0x33221144],
    [4, 0x44332211],
  ] as const) {
    assert.equal(turnKey(0x44332211, phase) >>> 0, turned);
  }
});
