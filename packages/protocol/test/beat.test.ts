import assert from "node:assert/strict";
import test from "node:test";
import { type Beat, beatAt } from "../src/beat.ts";
import { masked } from "./frames.ts";
import { platform as shared } from "./node-platform.ts";

const PONG = 10;
const platform = { ...shared };

test("whoever is due at the same time sends the same ping, later ones the next (RFC 6455 §5.5.2)", () => {
  const first = beatAt(100, platform);
  assert.equal(beatAt(100, platform), first);
  const second = beatAt(101, platform);
  assert.deepEqual([second.sentAt, second.compare(first.payload), second.compare(second.payload)], [101, "other", "same"]);
  assert.deepEqual(Buffer.from(first.frame), Buffer.concat([Uint8Array.of(0x89, 8), first.payload]));
});

test("the mark is random, the count carries over into the next byte", () => {
  const counting = { ...shared, randomMask: () => 0x0403_0201 };
  let last: Beat = beatAt(0, counting);
  for (let at = 1; at < 300; at++) last = beatAt(at, counting);
  assert.deepEqual(Array.from(last.payload), [1, 2, 3, 4, 0, 0, 1, 43]);
  assert.equal(beatAt(0, { ...shared }).compare(last.payload), undefined);
});

test("a client's pong to it is known in its frame, whatever the masking key, and is left as it was (RFC 6455 §5.5.3)", () => {
  const beat = beatAt(200, platform);
  for (const key of [
    [0, 0, 0, 0],
    [1, 2, 3, 4],
    [0xde, 0xad, 0xbe, 0xef],
  ] as const) {
    const pong = masked(PONG, beat.payload, { key });
    const before = Buffer.from(pong);
    assert.equal(beat.isAnsweredBy(pong), true);
    assert.deepEqual(Buffer.from(pong), before);
  }
});

const others: [what: string, chunk: (payload: Uint8Array) => Uint8Array][] = [
  ["a ping", (payload) => masked(9, payload)],
  ["an unmasked pong", (payload) => Buffer.concat([Uint8Array.of(0x8a, 8), payload])],
  [
    "a pong with another last byte",
    (payload) =>
      masked(
        PONG,
        payload.map((byte, at) => (at === 7 ? byte ^ 1 : byte)),
      ),
  ],
  ["a shorter pong", (payload) => masked(PONG, payload.subarray(1))],
  ["the first part of the pong", (payload) => masked(PONG, payload).subarray(0, 13)],
  ["the pong and a byte more", (payload) => Buffer.concat([masked(PONG, payload), Uint8Array.of(0x81)])],
  ["a reserved bit on the pong", (payload) => masked(PONG, payload, { rsv: 4 })],
];

for (const [what, chunk] of others) {
  test(`${what} is left to a machine`, () => {
    const beat = beatAt(300, platform);
    assert.equal(beat.isAnsweredBy(chunk(beat.payload)), false);
  });
}
