import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageChannel } from "node:worker_threads";
import { keptCopy } from "../src/kept-copy.ts";

test("a copy of any size holds the bytes, is a Buffer, and keeps them when their memory is used again", () => {
  for (const size of [0, 1, 1023, 1024, 4097, 16_384, 16_385, 100_000]) {
    const bytes = new Uint8Array(size).map((_, at) => at * 7);
    const copy = keptCopy(bytes);
    const expected = Buffer.from(bytes);
    bytes.fill(0);
    assert.ok(Buffer.isBuffer(copy));
    assert.ok(copy.equals(expected), `${size} bytes`);
  }
});

test("copies do not overlap, whatever is written into one", () => {
  const copies = Array.from({ length: 200 }, (_, index) => keptCopy(new Uint8Array(1024 + index * 50).fill(index)));
  for (const copy of copies.slice(0, 100)) copy.fill(255);
  for (const [index, copy] of copies.entries()) assert.ok(copy.every((byte) => byte === (index < 100 ? 255 : index)));
});

test("a message of up to 16 KiB holds at most 64 KiB, a large one nothing but itself", () => {
  for (const size of [1024, 5000, 16_384]) assert.equal(keptCopy(new Uint8Array(size)).buffer.byteLength, 65_536);
  assert.equal(keptCopy(new Uint8Array(50_000)).buffer.byteLength, 50_000);
});

test("a message cannot be transferred away with others in its memory", () => {
  const { port1, port2 } = new MessageChannel();
  const first = keptCopy(Buffer.alloc(2000, 1));
  const second = keptCopy(Buffer.alloc(2000, 2));
  try {
    port1.postMessage(first.buffer, [first.buffer as ArrayBuffer]);
  } catch (error) {
    assert.equal((error as Error).name, "DataCloneError"); // From Node 21 on; before, it is cloned.
  }
  port1.close();
  port2.close();
  assert.ok(first.every((byte) => byte === 1) && first.length === 2000);
  assert.ok(second.every((byte) => byte === 2) && second.length === 2000);
});
