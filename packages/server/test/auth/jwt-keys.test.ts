import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { jwtAlgorithms, jwtKeys } from "../../src/auth/jwt-keys.ts";

const none = { secrets: [], publicKeys: [], jwksUrl: undefined };
const pem = (pair: { publicKey: { export: (options: { type: "spki"; format: "pem" }) => string | Buffer } }): string =>
  String(pair.publicKey.export({ type: "spki", format: "pem" }));
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });

test("each key allows the algorithms of its kind and no other: a public key never passes for a secret (RFC 8725 §2.1)", () => {
  const publicKeys = [
    pem(rsa),
    pem(generateKeyPairSync("ec", { namedCurve: "P-256" })),
    pem(generateKeyPairSync("ec", { namedCurve: "P-384" })),
    pem(generateKeyPairSync("ed25519")),
  ];
  const keys = jwtKeys({ secrets: ["s".repeat(32)], publicKeys, jwksUrl: "https://login.example/keys" });
  assert.deepEqual(
    keys.map(({ algorithms }) => algorithms.join()),
    [
      "HS256,HS384,HS512",
      "RS256,RS384,RS512,PS256,PS384,PS512",
      "ES256",
      "ES384",
      "EdDSA,Ed25519",
      "RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA,Ed25519",
    ],
  );
  assert.ok(!jwtAlgorithms.includes("none"));
});

test("what is no public key of a signing kind is refused, and not shown", () => {
  const secret = String(rsa.privateKey.export({ type: "pkcs8", format: "pem" }));
  assert.throws(() => jwtKeys({ ...none, publicKeys: [secret] }), /this is a private key/);
  assert.throws(() => jwtKeys({ ...none, publicKeys: ["something else"] }), /^TypeError: this is no public key in PEM form$/);
  assert.throws(() => jwtKeys({ ...none, publicKeys: [pem(generateKeyPairSync("x25519"))] }), /type x25519 signs no tokens/);
});
