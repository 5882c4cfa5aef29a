import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { exportJWK, SignJWT, UnsecuredJWT } from "jose";
import { type JwtKeySettings, jwtKeys } from "../../src/auth/jwt-keys.ts";
import { type JwtRules, JwtVerifier } from "../../src/auth/jwt-verifier.ts";

const secret = "a secret that is long enough: 32 bytes";
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const edwards = generateKeyPairSync("ed25519");
const spki = ({ publicKey }: { publicKey: KeyObject }): string => String(publicKey.export({ type: "spki", format: "pem" }));

function verifier(keys: Partial<JwtKeySettings>, rules: Partial<JwtRules> = {}): JwtVerifier {
  return new JwtVerifier(jwtKeys({ secrets: [], publicKeys: [], jwksUrl: undefined, ...keys }), {
    algorithms: [],
    audiences: [],
    issuers: [],
    leewayMs: 5000,
    ...rules,
  });
}

async function sign(alg: string, key: KeyObject | Uint8Array, claims: Record<string, unknown> = {}, kid?: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return await new SignJWT({ sub: "ada", iat: now, exp: now + 60, ...claims })
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .sign(key);
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function outcome(reader: JwtVerifier, token: string): Promise<string> {
  const answer = await reader.verify(token);
  return answer.ok ? `user ${answer.identity.subject}` : `${answer.why}: ${answer.message}`;
}

const kinds: [alg: string, keys: Partial<JwtKeySettings>, key: KeyObject | Uint8Array][] = [
  ["HS256", { secrets: [secret] }, bytes(secret)],
  ["HS512", { secrets: ["another secret of at least 32 bytes", secret] }, bytes(secret)],
  ["RS256", { publicKeys: [spki(rsa)] }, rsa.privateKey],
  ["PS512", { publicKeys: [spki(ec), spki(rsa)] }, rsa.privateKey],
  ["ES256", { publicKeys: [spki(ec)] }, ec.privateKey],
  ["EdDSA", { publicKeys: [spki(edwards)] }, edwards.privateKey],
];
for (const [alg, keys, key] of kinds) {
  test(`O: a token signed with ${alg} says who it is; one that was changed does not (RFC 7515 §5.2)`, async () => {
    const reader = verifier(keys);
    const token = await sign(alg, key);
    assert.equal(await outcome(reader, token), "user ada");
    const [head = "", , signature = ""] = token.split(".");
    const forged = [head, Buffer.from(JSON.stringify({ sub: "eve" })).toString("base64url"), signature].join(".");
    assert.equal(await outcome(reader, forged), "invalid: the token's signature is not ours");
  });
}

const now = Math.floor(Date.now() / 1000);
const strict: Partial<JwtRules> = { audiences: ["chat", "talk"], issuers: ["https://login.example"] };
const right = { aud: "chat", iss: "https://login.example" };
const claims: [what: string, claims: Record<string, unknown>, answer: string][] = [
  ["everything right", right, "user ada"],
  ["one audience of several", { ...right, aud: ["other", "talk"] }, "user ada"],
  ["another audience", { ...right, aud: "mail" }, "invalid: the token's aud is not right for this server"],
  ["no audience", { iss: right.iss }, "invalid: the token's aud is not right for this server"],
  ["another issuer", { ...right, iss: "https://evil.example" }, "invalid: the token's iss is not right for this server"],
  ["expired within the leeway", { ...right, exp: now - 3 }, "user ada"],
  ["expired", { ...right, exp: now - 6 }, "expired: the token has expired"],
  ["not good before later", { ...right, nbf: now + 60 }, "invalid: the token's nbf is not right for this server"],
  ["without a user", { ...right, sub: undefined }, "invalid: the token names no user: sub is missing"],
];
for (const [what, given, answer] of claims) {
  test(`O: a token with ${what}: ${answer} (RFC 7519 §4.1)`, async () => {
    assert.equal(await outcome(verifier({ secrets: [secret] }, strict), await sign("HS256", bytes(secret), given)), answer);
  });
}

test("O: algorithms: none, those of another kind of key, and those that are not allowed are refused (RFC 8725 §3.1)", async () => {
  const reader = verifier({ publicKeys: [spki(rsa)] });
  const asSecret = await sign("HS256", bytes(spki(rsa)));
  assert.match(await outcome(reader, asSecret), /^invalid: .*"HS256", which is not allowed/);
  assert.match(await outcome(reader, new UnsecuredJWT({ sub: "ada" }).encode()), /^invalid: .*"none", which is not allowed/);
  const picky = verifier({ publicKeys: [spki(rsa)] }, { algorithms: ["PS256"] });
  assert.match(await outcome(picky, await sign("RS256", rsa.privateKey)), /"RS256", which is not allowed/);
  assert.equal(await outcome(picky, await sign("PS256", rsa.privateKey)), "user ada");
});

test("what is no token at all is refused without being shown", async () => {
  for (const text of ["", "x", "a.b.c", "....", `${"é".repeat(50)}.x.y`]) {
    assert.equal(await outcome(verifier({ secrets: [secret] }), text), "invalid: the token is no JSON Web Token");
  }
});

test("O: keys from an address are asked for once, a new one is found after the old ones were kept for a while, and while they cannot be had nobody is refused for good (RFC 7517 §5)", async (t) => {
  const jwk = async (pair: { publicKey: KeyObject }, kid: string): Promise<object> => ({ ...(await exportJWK(pair.publicKey)), kid });
  let keys: object[] = [await jwk(rsa, "one")];
  let asked = 0;
  let isUp = false;
  const server = createServer((_request, response) => {
    asked++;
    if (isUp) response.setHeader("content-type", "application/json").end(JSON.stringify({ keys }));
    else response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const reader = verifier({ jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` });
  const first = await sign("RS256", rsa.privateKey, {}, "one");
  assert.match(await outcome(reader, first), /^unavailable: the keys .* cannot be had now$/);
  isUp = true;
  for (let count = 0; count < 5; count++) assert.equal(await outcome(reader, first), "user ada");
  assert.equal(asked, 2);
  keys = [await jwk(ec, "two")];
  assert.match(
    await outcome(reader, await sign("ES256", ec.privateKey, {}, "two")),
    /^unavailable/,
    "not asked for again within 30 s: not refused for good",
  );
  assert.equal(asked, 2);
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 31_000 });
  const second = await sign("ES256", ec.privateKey, {}, "two");
  assert.equal(await outcome(reader, second), "user ada");
  assert.equal(asked, 3);
  const third = await sign("ES256", ec.privateKey, {}, "three");
  assert.match(await outcome(reader, third), /^unavailable/);
  t.mock.timers.setTime(Date.now() + 31_000);
  assert.match(await outcome(reader, third), /signature is not ours/);
  assert.equal(asked, 4);
});

test("O: a token that does not name its key is tried with each published key of its kind (RFC 7515 §4.1.4)", async (t) => {
  const pairs = [0, 1, 2].map(() => generateKeyPairSync("ec", { namedCurve: "P-256" }));
  const published = pairs.slice(0, 2);
  const keys = await Promise.all(published.map(async ({ publicKey }, index) => ({ ...(await exportJWK(publicKey)), kid: `k${index}` })));
  const server = createServer((_request, response) => response.setHeader("content-type", "application/json").end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const reader = verifier({ jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` }, { audiences: ["chat"] });
  const answers = pairs.map(async ({ privateKey }) => await outcome(reader, await sign("ES256", privateKey, { aud: "chat" })));
  assert.deepEqual(await Promise.all(answers), ["user ada", "user ada", "invalid: the token's signature is not ours"]);
  const [, second] = pairs;
  assert.ok(second !== undefined);
  assert.match(await outcome(reader, await sign("ES256", second.privateKey, { aud: "mail" })), /the token's aud is not right/);
  assert.match(await outcome(reader, await sign("ES256", second.privateKey, { aud: "chat", exp: 1 })), /has expired/);
});
