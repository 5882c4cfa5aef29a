import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameReader, type SeenFrame } from "../../src/connect/frame-reader.ts";

// Worked example B: a masked text frame with `hello..`.
const bits = "10000001 10000111 10010001 01011010 11010011 01010100 11111001 00111111 10111111 00111000 11111110 01110100 11111101";
const exampleB = Buffer.from(bits.split(" ").map((byte) => Number.parseInt(byte, 2)));

function framesOf(bytes: Buffer, size: number): SeenFrame[] {
  const frames: SeenFrame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  return frames;
}

const stream = Buffer.concat([
  exampleB,
  Buffer.from([0x89, 0x00]),
  Buffer.from([0x02, 126, 0x01, 0x00]),
  Buffer.alloc(256, 7),
  Buffer.from([0xc0, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
  Buffer.alloc(65_536, 9),
  Buffer.from([0x88, 0x02, 0x03, 0xe8]),
]);

for (const size of [1, 3, 1000, 1e6]) {
  test(`B: the frames of a stream in pieces of ${size}: bits, length in each of its three forms, key, payload (RFC 6455 §5.2)`, () => {
    const frames = framesOf(stream, size);
    assert.deepEqual(
      frames.map(({ fin, opcode, masked, length, lengthBits }) => [fin, opcode, masked, length, lengthBits]),
      [
        [true, 1, true, 7, 7],
        [true, 9, false, 0, 7],
        [false, 2, false, 256, 16],
        [true, 0, false, 65_536, 64],
        [true, 8, false, 2, 7],
      ],
    );
    const [hello, , , compressed] = frames;
    assert.deepEqual([hello?.preview.toString(), hello?.maskingKey?.toString("hex"), hello?.header.length], ["hello..", "915ad354", 6]);
    assert.deepEqual(compressed?.rsv, [true, false, false]);
    assert.equal(compressed?.preview.length, 256);
  });
}
