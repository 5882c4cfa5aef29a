import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import type { TokenContext } from "@openline/hub";
import { SignJWT } from "jose";
import { ApiKeys } from "../../src/api-keys.ts";
import { type AuthenticateFunction, type AuthenticationRequest, Authenticator } from "../../src/auth/authenticator.ts";
import { jwtKeys } from "../../src/auth/jwt-keys.ts";
import { JwtVerifier } from "../../src/auth/jwt-verifier.ts";
import { Tickets } from "../../src/auth/tickets.ts";
import { createLog } from "../../src/log.ts";

const key = "key-0123456789abcdef";
const secret = "a secret that is long enough: 32 bytes";
const rules = { algorithms: [], audiences: [], issuers: [], leewayMs: 0 };
const jwt = new JwtVerifier(jwtKeys({ secrets: [secret], publicKeys: [], jwksUrl: undefined }), rules);
const source = { origin: "https://chat.example", remoteAddress: "192.0.2.1" };

interface Fixture {
  readonly authenticator: Authenticator;
  readonly tickets: Tickets;
  readonly logged: string[];
}

function fixture(
  options: { authenticate?: AuthenticateFunction; withJwt?: boolean; passUnknown?: boolean; claim?: () => Promise<boolean> } = {},
): Fixture {
  const logged: string[] = [];
  const used = new Set<string>();
  const keys = [key, "publish:another-key-of-ours"];
  const tickets = new Tickets(keys, options.claim ?? (async (id) => !used.has(id) && used.add(id).has(id)), () => 5000);
  const authenticator = new Authenticator({
    keys: new ApiKeys(keys),
    tickets,
    authenticate: options.authenticate,
    jwt: options.withJwt === false ? undefined : jwt,
    cookie: "login",
    passUnknown: options.passUnknown ?? false,
    now: () => 5000,
    log: createLog({ destination: { write: (line) => void logged.push(line) } }),
  });
  return { authenticator, tickets, logged };
}

const token = await new SignJWT({ sub: "ada" }).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret));

async function handshake({ authenticator }: Fixture, headers: IncomingMessage["headers"], url = "/hub"): Promise<string> {
  const answer = await authenticator.handshake({ headers, url } as IncomingMessage, source);
  if ("problem" in answer) return `${answer.problem.code}: ${answer.problem.detail}`;
  return answer.identity?.isApplication === true ? "the application" : `user ${answer.identity?.subject}`;
}

const handshakes: [what: string, headers: IncomingMessage["headers"], answer: RegExp][] = [
  ["nothing", {}, /^user undefined$/],
  ["a token in the header", { authorization: `Bearer ${token}` }, /^user ada$/],
  ["a token as a subprotocol", { "sec-websocket-protocol": `openline.v1, openline.token.${token}` }, /^user ada$/],
  ["a token in the cookie", { cookie: `login=${token}` }, /^user ada$/],
  ["a token in another cookie", { cookie: `session=${token}` }, /^user undefined$/],
  ["what is no token", { authorization: "Bearer nonsense" }, /^unauthorized: the token is no JSON Web Token$/],
  ["a cookie that does not hold", { cookie: "login=nonsense" }, /^unauthorized/],
  ["a key", { authorization: `Bearer ${key}` }, /^the application$/],
  ["a key that is not for this", { authorization: "Bearer another-key-of-ours" }, /^forbidden/],
];
for (const [what, headers, answer] of handshakes) {
  test(`O: identity in the handshake: ${what}`, async () => assert.match(await handshake(fixture(), headers), answer));
}

test("O: in the address a ticket is good, once; a token is not (R13)", async () => {
  const one = fixture();
  const { ticket } = await one.tickets.issue({ user: "ada", ttlMs: 30_000, origin: source.origin });
  assert.equal(await handshake(one, {}, `/hub?ticket=${ticket}`), "user ada");
  assert.equal(await handshake(one, {}, `/hub?ticket=${ticket}`), "unauthorized: the ticket was used before");
  assert.match(await handshake(one, {}, `/hub?ticket=${token}`), /^unauthorized: only a one-time ticket may stand in the address/);
});

const context = (purpose: TokenContext["purpose"]): TokenContext => ({ purpose, ...source });

test("O: a ticket is for a connect: as the token of each message it is not taken, nor used up", async () => {
  const { authenticator, tickets } = fixture();
  const { ticket } = await tickets.issue({ user: "ada", ttlMs: 30_000 });
  assert.equal((await authenticator.token(ticket, context("message"))).ok, false);
  assert.equal((await authenticator.token(ticket, context("connect"))).ok, true);
});

test("O: the application's own function is asked before tokens are read, sees the handshake, and may leave it to others", async () => {
  const seen: AuthenticationRequest[] = [];
  const one = fixture({
    authenticate: async (request) => {
      seen.push(request);
      if (request.cookie("sid") === "s-bob") return { user: "bob", tokenId: "s-bob", expiresAt: 9000, rooms: { a: ["join"] } };
      return request.cookie("sid") === "s-banned" ? false : undefined;
    },
  });
  const { authenticator } = one;
  const answer = await authenticator.handshake({ headers: { cookie: "sid=s-bob" }, url: "/hub?x=1" } as IncomingMessage, source);
  assert.deepEqual("identity" in answer && answer.identity, {
    subject: "bob",
    tokenId: "s-bob",
    issuedAt: 5000,
    expiresAt: 9000,
    rooms: { a: ["join"] },
  });
  assert.deepEqual(
    [seen[0]?.purpose, seen[0]?.url, seen[0]?.origin, seen[0]?.remoteAddress],
    ["handshake", "/hub?x=1", source.origin, source.remoteAddress],
  );
  assert.match(await handshake(one, { cookie: "sid=s-banned" }), /^unauthorized: the application does not know you/);
  assert.equal(await handshake(one, { authorization: `Bearer ${token}` }), "user ada");
  assert.equal(await handshake(one, {}), "user undefined");
  assert.equal((await authenticator.token(token, context("refresh"))).ok, true);
  assert.equal(seen.at(-1)?.purpose, "refresh");
});

test("without anything that reads them, tokens are refused", async () => {
  const one = fixture({ withJwt: false });
  assert.match(await handshake(one, { authorization: `Bearer ${token}` }), /^unauthorized: this server knows no such token/);
  assert.equal((await one.authenticator.token(token, context("connect"))).ok, false);
});

test("where the application is asked later, a token of connect that nothing reads is passed on; a bad one is not", async () => {
  const { authenticator: one } = fixture({ withJwt: false, passUnknown: true });
  assert.deepEqual(await one.token("the application's own", context("connect")), { ok: true, identity: undefined });
  assert.equal((await one.token("the application's own", context("refresh"))).ok, false);
  const { authenticator: other } = fixture({ passUnknown: true });
  assert.equal((await other.token("nonsense", context("connect"))).ok, false);
});

test("what cannot be told now is no refusal for good: the client is to come back, and the log has why, without the token", async () => {
  const failing: [Parameters<typeof fixture>[0], string][] = [
    [{ authenticate: () => Promise.reject(new Error("the database is away")) }, "the database is away"],
    [{ authenticate: () => ({ user: " bad name " }) }, "authenticate gave what is no user"],
  ];
  for (const [options, why] of failing) {
    const one = fixture(options);
    assert.match(await handshake(one, { authorization: `Bearer ${token}` }), /^unavailable/);
    const answer = await one.authenticator.token(token, context("connect"));
    assert.equal(answer.ok ? "" : answer.why, "unavailable");
    assert.ok(one.logged.some((line) => line.includes(why)) && !one.logged.join("").includes(token));
  }
  const storeless = fixture({ claim: () => Promise.reject(new Error("the store is away")) });
  const { ticket } = await storeless.tickets.issue({ user: "ada", ttlMs: 1000 });
  assert.match(await handshake(storeless, {}, `/hub?ticket=${ticket}`), /^unavailable/);
});
