import assert from "node:assert/strict";
import test from "node:test";
import { acceptKey, isKey } from "../../src/handshake/accept.ts";
import { platform } from "../node-platform.ts";

test("A: the accept value of the RFC's sample nonce, and of another (RFC 6455 §1.3, §4.2.2)", () => {
  assert.equal(acceptKey("dGhlIHNhbXBsZSBub25jZQ==", platform), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  assert.equal(acceptKey("x3JJHMbDL1EzLkh9GBhXDw==", platform), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
});

test("a key is the base64 of exactly 16 bytes (RFC 6455 §4.2.1)", () => {
  for (let round = 0; round < 20; round++) assert.equal(isKey(platform.randomKey()), true);
  const bad = [
    "",
    "dGhlIHNhbXBsZSBub25jZQ=",
    "dGhlIHNhbXBsZSBub25jZQ",
    "dGhlIHNhbXBsZSBub25jZQ===",
    "dGhlIHNhbXBsZSBub25jZQAA",
    "dGhlIHNhbXBsZSBub25j ZQ==",
    "dGhlIHNhbXBsZSBub25jZQ==\n",
  ];
  for (const key of bad) assert.equal(isKey(key), false, key);
  for (const bytes of [15, 17]) assert.equal(isKey(Buffer.alloc(bytes).toString("base64")), false);
});
