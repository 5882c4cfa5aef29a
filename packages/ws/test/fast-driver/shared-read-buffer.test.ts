import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { unmask } from "@openline/protocol";
import {
  fastUnmask,
  isSharedRead,
  POOLED_UP_TO_BYTES,
  pooledRead,
  SHARED_READ_BYTES,
  sharedReadBuffer,
  sharedView,
  unshared,
} from "../../src/fast-driver/shared-read-buffer.ts";
import { SMALL_BUFFER_BYTES } from "../../src/payload.ts";

test("before the buffer is made, nothing is taken for a part of it", () => {
  assert.equal(isSharedRead(new Uint8Array(4)), false);
  assert.equal(isSharedRead(new Uint8Array(new ArrayBuffer(0))), false);
});

test("there is one buffer, however often it is asked for", () => {
  assert.equal(sharedReadBuffer(), sharedReadBuffer());
  assert.equal(sharedReadBuffer().bytes.length, SHARED_READ_BYTES);
  assert.equal(sharedReadBuffer().bytes.buffer, sharedReadBuffer().asBuffer.buffer);
});

test("bytes unmask alike inside the buffer and outside, and it is told whether they are ASCII (RFC 6455 §5.3)", () => {
  const { bytes } = sharedReadBuffer();
  for (const length of [0, 1, 31, 32, 33, 63, 64, 65, 300, 70_001]) {
    for (const [index, isAscii] of [[-1, true], ...[0, length >> 1, length - 1].map((at) => [at, false] as const)] as const) {
      const key = randomBytes(4).readInt32LE();
      const text = Buffer.from(randomBytes(length).map((byte) => byte & 0x7f));
      if (index >= 0) text[index]! |= 0x80;
      const masked = Buffer.from(text);
      unmask(masked, key, 0);
      const outside = Buffer.alloc(length + 9);
      for (const memory of [bytes, outside]) {
        memory.set(masked, 7);
        assert.equal(fastUnmask(memory.buffer, memory.byteOffset + 7, length, key), isAscii || length === 0, `${length} bytes, ${index}`);
        assert.ok(text.equals(memory.subarray(7, 7 + length)), `${length} bytes`);
      }
    }
  }
});

test("a small read is copied into memory that may be kept: the next read does not touch it", () => {
  const { bytes } = sharedReadBuffer();
  bytes.set([1, 2, 3, 4]);
  const chunk = pooledRead(3);
  bytes.fill(9, 0, 4);
  assert.deepEqual([...chunk], [1, 2, 3]);
  assert.equal(isSharedRead(chunk), false);
  assert.ok(chunk.buffer.byteLength <= SMALL_BUFFER_BYTES, "and holds no more than Node's own small Buffers");
  assert.ok(pooledRead(POOLED_UP_TO_BYTES).buffer.byteLength <= SMALL_BUFFER_BYTES);
});

test("what is to be sent is copied when it lies in the buffer, and only then", () => {
  const inside = sharedReadBuffer().bytes.subarray(10, 20);
  inside.fill(5);
  // Only what was handed out can come back.
  sharedView(inside);
  const copy = unshared(inside);
  assert.equal(isSharedRead(copy), false);
  assert.deepEqual([...copy], [...inside]);
  const outside = new Uint8Array(3);
  assert.equal(unshared(outside), outside);
});

test("a view is a Buffer over the same bytes; outside the buffer there is none", () => {
  const inside = sharedReadBuffer().bytes.subarray(100, 103);
  const view = sharedView(inside);
  inside.set([1, 2, 3]);
  assert.ok(Buffer.isBuffer(view));
  assert.deepEqual([...view], [1, 2, 3]);
  assert.equal(sharedView(new Uint8Array(3)), undefined);
});
