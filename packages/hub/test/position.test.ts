import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodePosition, encodePosition, epochStart, samePosition } from "../src/position.ts";

const idText = fc.stringMatching(/^[A-Za-z0-9_-]{1,36}$/);
const anyPosition = fc.record({ epoch: idText, offset: fc.maxSafeNat(), tag: idText }, { noNullPrototype: true });

test("contract 1: a position is read as it was written, and fits the wire's 128 visible characters", () => {
  fc.assert(
    fc.property(anyPosition, (position) => {
      const text = encodePosition(position);
      assert.match(text, /^[!-~]{1,128}$/);
      assert.deepEqual(decodePosition(text), position);
    }),
  );
});

test("a text that nobody wrote is no position", () => {
  for (const text of [
    "",
    "e",
    "e.1",
    "e.1.t.x",
    "e.01.t",
    "e.-1.t",
    "e.1.5.t",
    "e..t",
    ".1.t",
    "e.1.",
    "e.99999999999999999.t",
    "é.1.t",
    "e.9007199254740993.t",
  ]) {
    assert.equal(decodePosition(text), undefined, text);
  }
});

test("two positions are the same only in epoch, offset and tag", () => {
  const position = { epoch: "e", offset: 1, tag: "t" };
  assert.ok(samePosition(position, { ...position }));
  for (const other of [{ epoch: "f" }, { offset: 2 }, { tag: "u" }]) assert.ok(!samePosition(position, { ...position, ...other }));
});

test("an epoch has one start, at offset 0", () => {
  assert.ok(samePosition(epochStart("e"), epochStart("e")));
  assert.equal(epochStart("e").offset, 0);
});
