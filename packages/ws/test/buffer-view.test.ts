import assert from "node:assert/strict";
import { test } from "node:test";
import { bufferView } from "../src/buffer-view.ts";

test("bufferView is a Buffer over that part of the memory", () => {
  const memory = new ArrayBuffer(8);
  const view = bufferView(memory, 2, 3);
  assert.ok(Buffer.isBuffer(view));
  assert.deepEqual([view.buffer, view.byteOffset, view.length], [memory, 2, 3]);
});
