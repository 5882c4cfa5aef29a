import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { unmask } from "@openline/protocol";
import {
  fastUnmask,
  isSharedRead,
  SHARED_READ_BYTES,
  sharedReadBuffer,
  sharedView,
  unshared,
} from "../../src/fast-driver/shared-read-buffer.ts";

test("before the buffer is made, nothing is taken for a part of it", () => {
  assert.equal(isSharedRead(new Uint8Array(4)), false);
  assert.equal(isSharedRead(new Uint8Array(new ArrayBuffer(0))), false);
});

test("there is one buffer, however often it is asked for", () => {
  assert.equal(sharedReadBuffer(), sharedReadBuffer());
  assert.equal(sharedReadBuffer().bytes.length, SHARED_READ_BYTES);
  assert.equal(sharedReadBuffer().bytes.buffer, sharedReadBuffer().asBuffer.buffer);
});

test("bytes unmask alike inside the buffer and outside, at each phase (RFC 6455 §5.3)", () => {
  const { bytes } = sharedReadBuffer();
  for (const phase of [0, 1, 2, 3]) {
    for (const length of [0, 1, 31, 32, 33, 63, 64, 65, 300, 70_001]) {
      const payload = randomBytes(length);
      const key = randomBytes(4).readInt32LE();
      const inside = bytes.subarray(7, 7 + length);
      inside.set(payload);
      fastUnmask(inside, key, phase);
      const outside = Buffer.from(payload);
      fastUnmask(outside, key, phase);
      unmask(payload, key, phase);
      assert.ok(payload.equals(inside), `${length} bytes inside, phase ${phase}`);
      assert.ok(payload.equals(outside), `${length} bytes outside, phase ${phase}`);
    }
  }
});

test("what is to be sent is copied when it lies in the buffer, and only then", () => {
  const inside = sharedReadBuffer().bytes.subarray(10, 20);
  inside.fill(5);
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
