import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { hixieChallenge, hixieKeyNumber } from "../../src/hixie/challenge.ts";

/** Two keys and eight bytes, and their answer: the draft's own examples, and the one of SockJS's suite. */
const known: readonly [string, string, string, string][] = [
  ["4 @1  46546xW%0l 1 5", "12998 5 Y3 1  .P00", "^n:ds[4U", Buffer.from("8jKS'y:G*Co,Wxa-").toString("hex")],
  [
    "18x 6]8vM;54 *(5:  {   U1]8  z [  8",
    "1_ tx7X d  <  nw  334J702) 7]o}` 0",
    "Tm[K T2u",
    Buffer.from("fQJ,fN/4F4!~K~MH").toString("hex"),
  ],
  ["4 @1  46546xW%0l 1 5", "12998 5 Y3 1  .P00", "aaaaaaaa", "ca3400d8a50847972cd5715ababf437b"],
];

for (const [first, second, nonce, answer] of known) {
  test(`${JSON.stringify(nonce)} is answered with ${answer} (hixie-76 §5.2)`, () => {
    const bytes = hixieChallenge(hixieKeyNumber(first) ?? 0, hixieKeyNumber(second) ?? 0, Buffer.from(nonce));
    assert.equal(createHash("md5").update(bytes).digest("hex"), answer);
  });
}

const numbers: readonly [string, number | undefined][] = [
  ["4 @1  46546xW%0l 1 5", 829_309_203],
  ["12998 5 Y3 1  .P00", 259_970_620],
  ["1 ", 1],
  ["0 ", 0],
  ["4294967295 ", 4_294_967_295],
  ["4294967296 ", undefined],
  ["12", undefined],
  ["   ", undefined],
  ["", undefined],
  ["1 1 1 ", 37],
  ["5  ", undefined],
  ["9".repeat(400) + " ", undefined],
];

for (const [key, number] of numbers) {
  test(`the key ${JSON.stringify(key.slice(0, 24))} hides ${number} (hixie-76 §5.2)`, () => assert.equal(hixieKeyNumber(key), number));
}
