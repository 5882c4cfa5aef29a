import assert from "node:assert/strict";
import test from "node:test";
import { Slabs } from "../src/slabs.ts";
import { FrameWriter } from "../src/writer.ts";
import { frame } from "./frames.ts";
import { countingPlatform, platform } from "./node-platform.ts";

function take(writer: FrameWriter): Uint8Array[] {
  const segments: Uint8Array[] = [];
  writer.takeOutput(segments);
  return segments;
}

const texts = [
  "",
  "a",
  "é".repeat(41),
  "é".repeat(42),
  "é".repeat(62),
  "a".repeat(125),
  "€".repeat(42),
  "a".repeat(126),
  "😀".repeat(500),
  "a".repeat(5000),
  "€".repeat(30_000),
];
for (const text of texts) {
  test(`text of ${text.length} units and ${Buffer.byteLength(text)} bytes is framed in the shortest form (RFC 6455 §5.2)`, () => {
    for (const slabBytes of [200, 65_536]) {
      const writer = new FrameWriter(platform, new Slabs(platform, slabBytes), false);
      writer.text(0x81, text);
      assert.deepEqual(Buffer.concat(take(writer)), Buffer.from(frame({ opcode: 1, payload: text })));
      const masking = new FrameWriter(countingPlatform(), new Slabs(platform, slabBytes), true);
      masking.text(0x81, text);
      assert.deepEqual(Buffer.concat(take(masking)), Buffer.from(frame({ opcode: 1, payload: text, key: [1, 0, 0, 0] })));
    }
  });
}

test("machines that share slabs do not mix their bytes", () => {
  const slabs = new Slabs(platform, 1000);
  const writers = [0, 1, 2].map(() => new FrameWriter(platform, slabs, false));
  for (let round = 0; round < 50; round++) for (const [at, writer] of writers.entries()) writer.frame(0x82, new Uint8Array(20).fill(at));
  for (const [at, writer] of writers.entries()) {
    const bytes = Buffer.concat(take(writer));
    assert.equal(bytes.length, 50 * 22);
    for (let start = 0; start < bytes.length; start += 22) assert.ok(bytes.subarray(start + 2, start + 22).every((byte) => byte === at));
  }
});

test("a slab is not written over before what lies in it was reported as written", () => {
  const slabs = new Slabs(platform, 100);
  const writer = new FrameWriter(platform, slabs, false);
  writer.frame(0x82, new Uint8Array(40).fill(1));
  const [first] = take(writer);
  for (let at = 0; at < 10; at++) {
    writer.frame(0x82, new Uint8Array(40).fill(2));
    take(writer);
  }
  assert.ok((first ?? new Uint8Array(0)).subarray(2).every((byte) => byte === 1));
  writer.written(42 * 11);
  assert.equal(writer.unwrittenBytes, 0);
  assert.equal(slabs.withRoom(100).used, 0);
});

test("a slab is kept while one of two runs in it is unwritten", () => {
  const writer = new FrameWriter(platform, new Slabs(platform, 1000), false);
  writer.frame(0x82, new Uint8Array(40).fill(1));
  take(writer);
  writer.frame(0x82, new Uint8Array(40).fill(2));
  const [second] = take(writer);
  writer.written(42);
  for (let at = 0; at < 3; at++) writer.frame(0x82, new Uint8Array(40).fill(3));
  take(writer);
  assert.ok((second ?? new Uint8Array(1)).subarray(2).every((byte) => byte === 2));
});

test("partial writes are counted, and marks pass with the byte before them", () => {
  const writer = new FrameWriter(platform, new Slabs(platform), false);
  writer.frame(0x82, new Uint8Array(8));
  writer.mark();
  writer.frame(0x82, new Uint8Array(6000));
  writer.mark();
  assert.equal(writer.hasOutput, true);
  assert.equal(take(writer).length, 2);
  assert.equal(writer.hasOutput, false);
  for (let at = 0; at < 9; at++) writer.written(1);
  assert.equal(writer.marksPassed, 0);
  writer.written(1);
  assert.equal(writer.marksPassed, 1);
  writer.written(6004);
  assert.equal(writer.marksPassed, 2);
  assert.throws(() => writer.written(1), { code: "USAGE_WRITTEN" });
});

test("after drop nothing is written and reports are ignored", () => {
  const writer = new FrameWriter(platform, new Slabs(platform), false);
  writer.frame(0x82, new Uint8Array(8));
  take(writer);
  writer.frame(0x82, new Uint8Array(8));
  writer.drop();
  writer.frame(0x82, new Uint8Array(8));
  writer.written(10);
  assert.deepEqual([writer.hasOutput, writer.unwrittenBytes], [false, 0]);
});
