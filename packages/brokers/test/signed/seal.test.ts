import assert from "node:assert/strict";
import { test } from "node:test";
import { Seal, sealBytes } from "../../src/signed/seal.ts";

const key = "k".repeat(32);
const place = ["message", "lobby", 17];

test("a sealed text opens at its place with the key, and is as much longer as is said", () => {
  const sealed = new Seal([key]).close(place, '"data":"你好"');
  assert.equal(new Seal([key]).open(place, sealed), '"data":"你好"');
  assert.equal(Buffer.byteLength(sealed) - Buffer.byteLength('"data":"你好"'), sealBytes);
});

test("the proof is HMAC-SHA-256 of the place and the text, cut to 128 bits (RFC 2104 §5)", () => {
  // Made with: printf '"message"\n"lobby"\n17\n\nx' | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
  assert.equal(new Seal([key]).close(place, "x"), "iTJwgNtYX8dxdhsam1Nmug x");
});

const sealed = new Seal([key]).close(place, "x");
for (const [what, text, at] of [
  ["another text", `${sealed}x`, place],
  ["another room", sealed, ["message", "hall", 17]],
  ["another kind", sealed, ["signal", "lobby", 17]],
  ["another time", sealed, ["message", "lobby", 18]],
  ["no proof", "x", place],
  ["an empty text", "", place],
  ["a proof of the wrong length", `${"A".repeat(20)}== x`, place],
] as const) {
  test(`${what} does not open`, () => {
    assert.equal(new Seal([key]).open(at, text), undefined);
  });
}

test("the first key seals, each opens: a key is changed node by node", () => {
  const [before, after] = [key, "n".repeat(32)];
  const both = new Seal([after, before]);
  assert.equal(both.open(place, new Seal([before]).close(place, "x")), "x");
  assert.equal(new Seal([after]).open(place, both.close(place, "x")), "x");
  assert.equal(new Seal([before]).open(place, both.close(place, "x")), undefined);
});

test("no key, and one of fewer than 32 bytes, are refused with the limit", () => {
  assert.throws(() => new Seal([]), /there is no key/);
  assert.throws(() => new Seal([key, "short"]), /a key has 5 bytes, it must have 32 or more/);
});
