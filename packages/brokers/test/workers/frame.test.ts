import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as check, nat, property } from "fast-check";
import { encodeFrame, type Frame, FrameKind, FrameReader, mostFrameBytes } from "../../src/workers/frame.ts";

const bodies = ['publish ["naïve 日本語 🚀"]', "null", "", "x".repeat(100_000)];
const frames: readonly Frame[] = bodies.map((body, index) => ({ kind: FrameKind.Told, number: index * 1_000_000_000, body }));
const stream = Buffer.concat(frames.map(({ kind, number, body }) => encodeFrame(kind, number, body)));

function readIn(pieces: readonly Buffer[]): Frame[] {
  const reader = new FrameReader();
  return pieces.flatMap((piece) => reader.read(piece));
}

test("frames come out as they went in, in order, whatever pieces the stream brings them in", () => {
  assert.deepEqual(readIn([stream]), frames);
  assert.deepEqual(readIn(Array.from(stream.subarray(0, 400), (byte) => Buffer.from([byte]))), frames.slice(0, 3));
  check(
    property(array(nat(stream.length), { maxLength: 20 }), (cuts) => {
      const ends = [...cuts, stream.length].toSorted((one, other) => one - other);
      assert.deepEqual(readIn(ends.map((end, index) => stream.subarray(ends[index - 1] ?? 0, end))), frames);
    }),
  );
});

test("a body that was made into bytes before gives the same frame", () => {
  assert.deepEqual(encodeFrame(FrameKind.Answer, 7, Buffer.from('["é"]')), encodeFrame(FrameKind.Answer, 7, '["é"]'));
});

test("what is no frame is refused, not waited for", () => {
  const wrong: readonly [string, Buffer, RegExp][] = [
    ["a length that no frame has", Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0]), /1 bytes/],
    ["a length above the limit", Buffer.alloc(9, 0xff), /4294967295 bytes/],
    ["a kind that does not exist", Buffer.from([0, 0, 0, 5, 9, 0, 0, 0, 0]), /9 is no kind/],
  ];
  for (const [what, bytes, error] of wrong) assert.throws(() => new FrameReader().read(bytes), error, what);
  assert.ok(mostFrameBytes > 16 * 1024 * 1024);
});
