import assert from "node:assert/strict";
import { test } from "node:test";
import { identityOf, readGrants } from "../../src/auth/token-identity.ts";

test("claims become who it is: seconds become milliseconds, the leeway is added to the end (RFC 7519 §4.1)", () => {
  assert.deepEqual(identityOf({ sub: "阿达", jti: "t1", iat: 10, exp: 20, rooms: { "a:*": ["join", "*"] } }, 5000), {
    ok: true,
    identity: { subject: "阿达", tokenId: "t1", issuedAt: 10_000, expiresAt: 25_000, rooms: { "a:*": ["join", "*"] } },
  });
  assert.deepEqual(identityOf({ sub: "ada" }, 0), { ok: true, identity: { subject: "ada", issuedAt: 0 } });
});

const bad: [claims: object, message: RegExp][] = [
  [{}, /names no user/],
  [{ sub: 7 }, /names no user/],
  [{ sub: " ada" }, /sub/],
  [{ sub: "a".repeat(256) }, /sub/],
  [{ sub: "ada", rooms: [] }, /object of patterns/],
  [{ sub: "ada", rooms: { a: "join" } }, /list of join, publish, presence, history or \* for "a"/],
  [{ sub: "ada", rooms: { a: ["admin"] } }, /list of join/],
];
for (const [claims, message] of bad) {
  test(`claims that cannot be used are refused with what is wrong: ${JSON.stringify(claims).slice(0, 40)}`, () => {
    const answer = identityOf(claims, 0);
    assert.ok(!answer.ok && answer.why === "invalid");
    assert.match(answer.message, message);
  });
}

test("no rights are rights to nothing", () => assert.deepEqual(readGrants({}), {}));
