import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { call } from "../call.ts";

const secret = "0123456789abcdef0123456789abcdef";
const environment = { OPENLINE_JWT_SECRET: secret };

function pemFile(t: TestContext, key: KeyObject): string {
  const folder = mkdtempSync(join(tmpdir(), "openline-token-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "private.pem");
  writeFileSync(file, key.export({ type: "pkcs8", format: "pem" }));
  return file;
}

test("a token has its user, an id of its own, and an hour", async () => {
  const { code, out } = await call(["token", "create", "--user", "阿达"], environment);
  const { payload, protectedHeader } = await jwtVerify(out.trim(), new TextEncoder().encode(secret));
  assert.deepEqual([code, payload.sub, (payload.exp ?? 0) - (payload.iat ?? 0)], [0, "阿达", 3600]);
  assert.match(payload.jti ?? "", /^[0-9a-f-]{36}$/);
  assert.deepEqual(protectedHeader, { alg: "HS256", typ: "JWT" });
});

test("what else is given stands in it: rules for rooms, issuer, audience, further claims as JSON or text", async () => {
  const words = [
    "--room",
    "chat:*=join,publish",
    "--issuer",
    "me",
    "--audience",
    "chat",
    "--id",
    "t1",
    "--claim",
    "n=7",
    "--claim",
    "who=me=you",
  ];
  const { out } = await call(["token", "create", "--user", "ada", "--expires", "7d", ...words, "--json"], environment);
  const { token, claims } = JSON.parse(out);
  assert.deepEqual(decodeJwt(token), claims);
  const { iss, aud, jti, rooms, n, who } = claims;
  assert.deepEqual([iss, aud, jti, rooms, n, who], ["me", "chat", "t1", { "chat:*": ["join", "publish"] }, 7, "me=you"]);
});

test("a private key signs with the algorithm that fits it, and the published key's id", async (t) => {
  const pairs = [
    ["RS256", generateKeyPairSync("rsa", { modulusLength: 2048 })],
    ["ES384", generateKeyPairSync("ec", { namedCurve: "P-384" })],
    ["EdDSA", generateKeyPairSync("ed25519")],
  ] as const;
  for (const [algorithm, { privateKey, publicKey }] of pairs) {
    const { out } = await call(["token", "create", "--user", "ada", "--key", pemFile(t, privateKey), "--key-id", "k1"]);
    assert.deepEqual(decodeProtectedHeader(out.trim()), { alg: algorithm, typ: "JWT", kid: "k1" });
    await jwtVerify(out.trim(), publicKey);
  }
});

test("without anything to sign with, with a secret that is too short, or a key that is none, it says what is needed and exits 2", async (t) => {
  const x25519 = pemFile(t, generateKeyPairSync("x25519").privateKey);
  const cases: [string[], Record<string, string>, RegExp][] = [
    [[], {}, /set OPENLINE_JWT_SECRET to the server's secret, or give --key FILE/],
    [["--jwt-secret", "short"], {}, /the secret has 5 bytes, at least 32 are needed/],
    [["--key", "/nowhere.pem"], {}, /--key \/nowhere\.pem: ENOENT/],
    [["--key", x25519], {}, /RSA, EC .* can be used, not x25519/],
    [["--expires", "soon"], environment, /--expires must be a time from 1s to 3650d.*"soon"/],
    [["--claim", "=7"], environment, /--claim must be NAME=VALUE, not "=7"/],
  ];
  for (const [words, variables, message] of cases) {
    const { code, out, err } = await call(["token", "create", "--user", "ada", ...words], variables);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, message);
    assert.ok(!err.includes("\n    at "), err);
  }
});
