import assert from "node:assert/strict";
import { test } from "node:test";
import { ownChunk, ownContent } from "../../src/web/own-content.ts";

test("buffers and the parts that views show are copied: what is changed after send is not sent (WebSockets Standard §3.1)", () => {
  const { buffer } = new Uint8Array([1, 2, 3, 4]);
  const views: readonly [ArrayBuffer | ArrayBufferView, number[]][] = [
    [buffer, [1, 2, 3, 4]],
    [new Uint8Array(buffer, 1, 2), [2, 3]],
    [new Uint16Array(buffer, 2, 1), [3, 4]],
    [new DataView(buffer, 3), [4]],
  ];
  const taken = views.map(([view]) => ownContent(view));
  new Uint8Array(buffer).fill(9);
  for (const [index, [, wanted]] of views.entries()) assert.deepEqual([...(taken[index] as Uint8Array)], wanted);
});

test("a buffer that can be resized is a TypeError, and a view of one (Web IDL §3.2.27)", () => {
  const resizable = Reflect.construct(ArrayBuffer, [2, { maxByteLength: 4 }]) as ArrayBuffer;
  assert.throws(() => ownContent(resizable), TypeError);
  assert.throws(() => ownContent(new Uint8Array(resizable)), TypeError);
});

test("a view of shared memory is a TypeError; shared memory itself is an object like any other (Web IDL §3.2.27)", () => {
  const shared = new SharedArrayBuffer(2);
  assert.throws(() => ownContent(new Uint8Array(shared)), TypeError);
  assert.equal(ownContent(shared), "[object SharedArrayBuffer]");
});

test("a Blob stays one, all else is text (Web IDL §3.2.25)", () => {
  const blob = new Blob(["x"]);
  assert.equal(ownContent(blob), blob);
  assert.deepEqual([null, undefined, 1, {}, "\uD800"].map(ownContent), ["null", "undefined", "1", "[object Object]", "\uFFFD"]);
});

test("a stream's chunk is text or bytes; a Blob is text there (WebSockets Standard §4)", () => {
  assert.deepEqual([ownChunk("a"), ownChunk(1), ownChunk(new Blob(["x"]))], ["a", "1", "[object Blob]"]);
  assert.deepEqual(ownChunk(new Uint8Array([1])), new Uint8Array([1]));
});
