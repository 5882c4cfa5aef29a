import assert from "node:assert/strict";
import { test } from "node:test";
import { SignJWT } from "jose";
import { readToken } from "../../src/scaledrone/drone-token.ts";

const secret = "0123456789abcdef0123456789abcdef";
const channel = { id: "KtJ2", secret };
const now = 1_790_000_000_000;
const client = "abc:def";
const good = { client, channel: "KtJ2", permissions: { ".*": { publish: true } }, exp: now / 1000 + 180 };
const sign = async (claims: object, key = secret, alg = "HS256"): Promise<string> =>
  await new SignJWT({ ...claims }).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key));

test("a good token proves permissions, and data for others", async () => {
  const { permissions, data } = await readToken(await sign({ ...good, data: { uid: 7 } }), channel, { client, now });
  assert.deepEqual([permissions.allows("publish", "a"), data], [true, { uid: 7 }]);
});

test("an expiry may be in seconds, or in milliseconds as old documents have it (facts/scaledrone §3)", async () => {
  for (const exp of [now / 1000 + 1, now + 1000]) await readToken(await sign({ ...good, exp }), channel, { client, now });
  for (const exp of [now / 1000 - 1, now - 1000])
    await assert.rejects(readToken(await sign({ ...good, exp }), channel, { client, now }), /JWT has expired/);
});

const refusals: readonly [string, () => Promise<string>, RegExp][] = [
  ["not in three parts", async () => "nonsense", /^TokenError: JWT does not have 3 parts$/],
  ["no token at all", async () => "a.b.c", /JWT cannot be read/],
  ["a foreign signature", async () => await sign(good, "another-secret-of-32-characters!!"), /wrong signature/],
  ["another algorithm", async () => await sign(good, secret.repeat(2), "HS512"), /cannot be read/],
  ["another channel", async () => await sign({ ...good, channel: "other" }), /another channel/],
  ["another client", async () => await sign({ ...good, client: "x:y" }), /another client/],
  ["no expiry", async () => await sign({ ...good, exp: undefined }), /no exp/],
  ["no permissions", async () => await sign({ ...good, permissions: undefined }), /no permissions/],
  ["permissions that are none", async () => await sign({ ...good, permissions: ["a"] }), /no permissions/],
];
for (const [what, token, error] of refusals)
  test(`a token is refused with the reason: ${what}`, async () => {
    await assert.rejects(readToken(await token(), channel, { client, now }), error);
  });

test("a token of a REST call has no client", async () => {
  await assert.rejects(readToken(await sign(good), channel, { client: undefined, now }), /JWT has a client/);
  await readToken(await sign({ ...good, client: undefined }), channel, { client: undefined, now });
});
