import assert from "node:assert/strict";
import { test } from "node:test";
import { asBuffer, bytesOf, isSmall, ownedArrayBuffer, ownedBuffer, SMALL_BUFFER_BYTES } from "../src/payload.ts";

const memory = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
const inputs = [
  ["a Buffer", Buffer.from([1, 2]), [1, 2]],
  ["a typed array's part", new Uint16Array(memory, 2, 1), [3, 4]],
  ["a DataView", new DataView(memory, 6), [7, 8]],
  ["an ArrayBuffer", memory.slice(0, 2), [1, 2]],
  ["a SharedArrayBuffer", new SharedArrayBuffer(2), [0, 0]],
  ["an array of numbers", [9, 10], [9, 10]],
] as const;

for (const [name, input, expected] of inputs) {
  test(`bytesOf gives the bytes of ${name}`, () => assert.deepEqual([...bytesOf(input)], expected));
}

test("what is no data is refused with a TypeError", () => {
  for (const wrong of [null, undefined, true, {}]) assert.throws(() => bytesOf(wrong), TypeError);
});

test("a view of at least half of its memory is handed out as it is, a smaller one is copied", () => {
  const chunk = new Uint8Array(100);
  assert.equal(ownedBuffer(chunk.subarray(10, 80), false).buffer, chunk.buffer);
  assert.notEqual(ownedBuffer(chunk.subarray(10, 20), false).buffer, chunk.buffer);
});

test("nothing out of a shared read buffer is handed out without a copy", () => {
  const chunk = new Uint8Array(100);
  assert.notEqual(ownedBuffer(chunk, true).buffer, chunk.buffer);
  assert.notEqual(ownedArrayBuffer(chunk, true), chunk.buffer);
});

test("an ArrayBuffer handed out holds the message and nothing else", () => {
  const chunk = new Uint8Array([1, 2, 3]);
  assert.equal(ownedArrayBuffer(chunk, false), chunk.buffer);
  assert.deepEqual([...new Uint8Array(ownedArrayBuffer(chunk.subarray(1), false))], [2, 3]);
  assert.equal(ownedArrayBuffer(Buffer.from("pooled"), false).byteLength, 6);
});

test("asBuffer shares the memory", () => {
  const bytes = new Uint8Array([1, 2]);
  asBuffer(bytes)[0] = 9;
  assert.equal(bytes[0], 9);
});

test("a chunk is small when a view of it holds no more memory than a small Buffer of Node's", () => {
  assert.equal(isSmall(Buffer.allocUnsafe(20)), true);
  assert.equal(isSmall(Buffer.allocUnsafeSlow(SMALL_BUFFER_BYTES)), true);
  assert.equal(isSmall(Buffer.allocUnsafeSlow(SMALL_BUFFER_BYTES + 1)), false);
  assert.equal(isSmall(Buffer.allocUnsafeSlow(SMALL_BUFFER_BYTES + 1).subarray(0, 20)), false);
});
