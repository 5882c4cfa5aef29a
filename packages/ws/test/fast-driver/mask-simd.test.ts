import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { test } from "node:test";
import { unmask } from "@openline/protocol";
import { assert as assertProperty, integer, nat, property } from "fast-check";
import { type SimdMemory, simdMemory } from "../../src/fast-driver/mask-simd.ts";

function memory(): SimdMemory {
  const simd = simdMemory(128 * 1024);
  assert.ok(simd, "Node 20 and later have WebAssembly with SIMD");
  return simd;
}

test("SIMD and JavaScript unmask alike, at every offset and length (RFC 6455 §5.3)", () => {
  const { buffer, unmaskAt } = memory();
  const bytes = new Uint8Array(buffer);
  const alike = property(nat(70), nat(4000), integer(), (at, length, key) => {
    const before = randomBytes(at + length + 64);
    bytes.set(before);
    unmaskAt(at, length, key);
    const expected = Buffer.from(before);
    unmask(expected.subarray(at, at + length), key, 0);
    assert.ok(expected.equals(bytes.subarray(0, before.length)), "and nothing beside it changes");
  });
  assertProperty(alike, { numRuns: 500 });
});

test("lengths from 0 to 200 with one key: the borders of the 64-byte, 4-byte and 1-byte steps", () => {
  const { buffer, unmaskAt } = memory();
  const bytes = new Uint8Array(buffer);
  for (let length = 0; length <= 200; length++) {
    const key = randomInt(2 ** 32) | 0;
    bytes.fill(0, 0, 256);
    unmaskAt(3, length, key);
    for (let i = 0; i < 256; i++) {
      const inside = i >= 3 && i < 3 + length;
      assert.equal(bytes[i], inside ? (key >>> (8 * ((i - 3) & 3))) & 255 : 0, `byte ${i} of ${length}`);
    }
  }
});

test("the memory cannot grow, be detached or transferred: the kernel reads to its address", () => {
  const { buffer } = memory();
  assert.equal(buffer.byteLength, 128 * 1024);
  // Newer versions throw, older ones copy.
  for (const detach of [
    () => structuredClone(buffer, { transfer: [buffer] }),
    () => Reflect.apply(Reflect.get(buffer, "transfer"), buffer, []),
  ]) {
    try {
      detach();
    } catch (error) {
      assert.ok(error instanceof Error);
    }
  }
  assert.equal(buffer.byteLength, 128 * 1024);
});
