import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import type { AccessOptions, Authenticate, Authentication, TokenContext } from "../../src/access/identity.ts";
import { MemoryBroker } from "../../src/memory-broker.ts";
import { countingIds, sessionOf, type TestClient, type TestHub, testHub } from "../support/test-hub.ts";

/** Tokens as `user/expiry`: `ada/5000` ends 5 s after the test began; `bad` is none, `away` cannot be checked. */
function reader(clock: FakeClock, seen: TokenContext[] = []): Authenticate {
  const start = clock.now();
  return async (token, context): Promise<Authentication> => {
    seen.push(context);
    await settle();
    const [subject = "", expiry] = token.split("/");
    if (subject === "bad") return { ok: false, why: "invalid", message: "the token is not valid" };
    if (subject === "away") return { ok: false, why: "unavailable", message: "the keys cannot be had" };
    if (subject === "broken") throw new Error("it broke");
    const expiresAt = expiry === undefined ? undefined : start + Number(expiry);
    if (expiresAt !== undefined && expiresAt <= clock.now()) return { ok: false, why: "expired", message: "the token has expired" };
    return { ok: true, identity: { subject, issuedAt: start, tokenId: token, ...(expiresAt !== undefined && { expiresAt }) } };
  };
}

function hubWith(access: AccessOptions = {}, options: Parameters<typeof testHub>[0] = {}): TestHub & { seen: TokenContext[] } {
  const clock = options.clock instanceof FakeClock ? options.clock : new FakeClock();
  const seen: TokenContext[] = [];
  return { ...testHub({ ...options, clock, access: { authenticate: reader(clock, seen), anonymous: false, ...access } }), seen };
}

async function connect(client: TestClient, token?: string, more: Record<string, unknown> = {}): Promise<string> {
  client.say({ type: "connect", ref: 0, version: 1, ...(token !== undefined && { token }), ...more });
  await settle();
  await settle();
  const last = client.heard.at(-1);
  if (last?.type === "connected") return last.user ?? "(nobody)";
  return last?.type === "error" ? `${last.code} ${client.closedWith?.code}` : String(last?.type);
}

const entries: [what: string, token: string | undefined, answer: string][] = [
  ["a good token", "ada", "ada"],
  ["no token", undefined, "unauthorized 4403"],
  ["a token that is not valid", "bad", "unauthorized 4403"],
  ["a token that has expired", "ada/0", "token-expired 4504"],
  ["a token that cannot be checked now: come back", "away", "internal 1011"],
  ["a token whose check breaks: come back", "broken", "internal 1011"],
];
for (const [what, token, answer] of entries) {
  test(`O: the token in the first message: ${what} is answered ${answer} (hub-v1, Tokens)`, async () => {
    const { client, seen, events } = hubWith();
    const one = client({ remoteAddress: "192.0.2.1", origin: "https://chat.example" });
    assert.equal(await connect(one, token, { user: "Somebody Else" }), answer);
    if (token !== undefined) assert.deepEqual(seen, [{ purpose: "connect", remoteAddress: "192.0.2.1", origin: "https://chat.example" }]);
    if (one.closedWith !== undefined) assert.ok(events.some(({ type }) => type === "access-refused"));
    assert.ok(!JSON.stringify(events.filter((event) => event.type !== "fault")).includes("ada/0"));
  });
}

test("O: anonymous has to be said; where names are proved, who proves nothing has none (R13)", async () => {
  const both = hubWith({ anonymous: true });
  assert.equal(await connect(both.client(), undefined, { user: "ada" }), "(nobody)");
  assert.equal(await connect(both.client(), "ada"), "ada");
  const open = testHub();
  assert.equal(await connect(open.client(), "ignored", { user: "ada" }), "ada");
});

test("O: what the opening of the connection proved counts without a token, and a token in connect goes before it", async () => {
  const { client } = hubWith();
  const identity = { subject: "cookie", issuedAt: 0 };
  assert.equal(await connect(client({ identity })), "cookie");
  assert.equal(await connect(client({ identity }), "ada"), "ada");
  assert.equal(await connect(client({ identity: { issuedAt: 0, isApplication: true } }), undefined, { user: "robot" }), "robot");
});

test("messages that come while the token is read wait, in their order, and nothing of them is done when it is refused", async () => {
  const { client, hub } = hubWith();
  const good = client();
  good.say({ type: "connect", ref: 1, version: 1, token: "ada" });
  for (let ref = 2; ref < 6; ref++) good.say({ type: "publish", ref, room: "a", data: ref });
  await settle();
  await settle();
  await settle();
  assert.deepEqual(
    good.all("published").map((message) => message.ref),
    [2, 3, 4, 5],
  );
  const bad = client();
  bad.say({ type: "connect", ref: 1, version: 1, token: "bad" });
  bad.say({ type: "publish", ref: 2, room: "b", data: 1 });
  await settle();
  await settle();
  assert.deepEqual([bad.heard.length, (await hub.rooms()).length], [1, 1]);
});

test("R16: a token that takes longer than the deadline of 10 s closes with connect-timeout", async () => {
  const { client, clock } = hubWith({ authenticate: () => new Promise(() => undefined) });
  const slow = client();
  slow.say({ type: "connect", ref: 1, version: 1, token: "ada" });
  await clock.advanceAsync(10_000);
  assert.deepEqual(slow.closedWith, { code: 4502, reason: "connect-timeout" });
});

test("R15: the connection ends with its token, with 4504; the session waits, and goes on with a new token of the same user", async () => {
  const { client, clock } = hubWith();
  const first = client();
  await connect(first, "ada/5000");
  assert.equal(first.all("connected")[0]?.expiresInMs, 5000);
  await first.join("a");
  await clock.advanceAsync(5000);
  assert.deepEqual(first.closedWith, { code: 4504, reason: "token-expired" });
  const session = sessionOf(first);
  assert.equal(await connect(client(), "ada/5000", { session }), "token-expired 4504");
  const thief = client();
  await connect(thief, "eve", { session });
  assert.equal(thief.all("connected")[0]?.resumed, false);
  const back = client();
  await connect(back, "ada/9000", { session });
  assert.deepEqual([back.all("connected")[0]?.resumed, back.all("connected")[0]?.expiresInMs], [true, 4000]);
});

const refreshes: [what: string, token: string, answer: string, code: number | undefined][] = [
  ["a newer token of the same user", "ada/9000", "refreshed", undefined],
  ["another user's token", "bob/9000", "unauthorized", 4403],
  ["a token that is not valid", "bad", "unauthorized", 4403],
  ["a token that has expired", "ada/10", "token-expired", 4504],
  ["a token that cannot be checked now", "away", "internal", undefined],
];
for (const [what, token, answer, code] of refreshes) {
  test(`R15: refresh with ${what}: ${answer} (hub-v1, Tokens)`, async () => {
    const { client, clock, seen } = hubWith();
    const one = client();
    await connect(one, "ada/5000");
    await clock.advanceAsync(1000);
    const got = await one.ask({ type: "refresh", token });
    assert.equal(got.type === "error" ? got.code : got.type, answer);
    assert.equal(one.closedWith?.code, code);
    assert.equal(seen.at(-1)?.purpose, "refresh");
    if (got.type !== "refreshed") return;
    assert.equal(got.expiresInMs, 8000);
    await clock.advanceAsync(7999);
    assert.deepEqual([one.closedWith], [undefined]);
    await clock.advanceAsync(1);
    assert.equal(one.closedWith?.code, 4504);
  });
}

test("R15: nobody in particular cannot become somebody by a refresh, and a hub that reads no tokens takes none", async () => {
  const { client } = hubWith({ anonymous: true });
  const one = client();
  await connect(one);
  assert.equal((await one.expect("error", { type: "refresh", token: "ada" })).code, "unauthorized");
  const plain = testHub().connected();
  assert.equal((await plain.expect("error", { type: "refresh", token: "ada" })).code, "unauthorized");
});

const each = { tokenInEachMessage: true };
const messages: [what: string, token: string | undefined, reason: string][] = [
  ["missing", undefined, "token missing"],
  ["foreign", "bob", "token not for you"],
  ["forged", "bad", "token not valid"],
  ["expired", "ada/10", "token expired"],
  ["one that cannot be checked", "away", "token not valid"],
];
for (const [what, token, reason] of messages) {
  test(`O: a token in each message: ${what}: 1008 with the reason, and nothing is done, nor anything after it (hub-v1, Tokens)`, async () => {
    const { client, clock, hub } = hubWith(each);
    const one = client();
    await connect(one, "ada/100000");
    await clock.advanceAsync(20);
    one.say({ type: "publish", ref: 1, room: "a", data: "good", token: "ada/100000" });
    one.say({ type: "publish", ref: 2, room: "a", data: "bad", ...(token !== undefined && { token }) });
    one.say({ type: "publish", ref: 3, room: "a", data: "too late", token: "ada/100000" });
    await settle();
    await settle();
    assert.deepEqual(one.closedWith, { code: 1008, reason });
    assert.deepEqual(one.all("error"), [{ type: "error", ref: 2, code: "unauthorized", message: reason }]);
    assert.deepEqual(
      (await hub.history("a"))?.messages.map((message) => message.data),
      ["good"],
    );
  });
}

test("O: a token in each message: the known one is not read again, a newer one takes its place, heartbeats need none", async () => {
  const { client, clock, seen } = hubWith(each);
  const one = client();
  await connect(one, "ada/1000");
  for (let count = 0; count < 3; count++) await one.publish("a", count, { token: "ada/1000" });
  assert.equal(seen.length, 1);
  one.say({ type: "ping", ref: 9 });
  assert.equal(one.heard.at(-1)?.type, "pong");
  await one.publish("a", "newer", { token: "ada/5000" });
  assert.deepEqual([seen.length, seen.at(-1)?.purpose], [2, "message"]);
  await clock.advanceAsync(2000);
  assert.deepEqual([one.closedWith], [undefined]);
  await clock.advanceAsync(3000);
  assert.equal(one.closedWith?.code, 4504);
});

test("O: a hook runs before any handler, in the order of the messages, and closes with 1008 and its reason", async () => {
  const seen: unknown[] = [];
  const { client, hub } = hubWith({
    checkMessage: async (message, source) => {
      seen.push([message.type, message.data, source]);
      await settle();
      return message.data === "bad" ? "no such words here" : undefined;
    },
  });
  const one = client();
  await connect(one, "ada");
  for (const [ref, data] of ["good", "bad", "too late"].entries()) one.say({ type: "publish", ref, room: "a", data });
  for (let turn = 0; turn < 4; turn++) await settle();
  assert.deepEqual(one.closedWith, { code: 1008, reason: "no such words here" });
  assert.deepEqual(seen, [
    ["publish", "good", { session: "s1", subject: "ada" }],
    ["publish", "bad", { session: "s1", subject: "ada" }],
  ]);
  assert.equal((await hub.history("a"))?.messages.length, 1);
});

test("a hook that fails or takes too long closes with 1011, and the log has why", async () => {
  for (const checkMessage of [() => Promise.reject(new Error("it broke")), () => new Promise<undefined>(() => undefined)]) {
    const { client, clock, events } = hubWith({ checkMessage });
    const one = client();
    await connect(one, "ada");
    one.say({ type: "publish", ref: 1, room: "a", data: 1 });
    await clock.advanceAsync(5000);
    assert.equal(one.closedWith?.code, 1011);
    assert.ok(events.some(({ type }) => type === "fault"));
  }
});

test("R16: a user has so many connections on a node; one that takes its own session over is no further one", async () => {
  const { client } = hubWith({ connectionsPerUser: 2 });
  const [one, two, three, bob] = [client(), client(), client(), client()];
  assert.deepEqual([await connect(one, "ada"), await connect(two, "ada"), await connect(bob, "bob")], ["ada", "ada", "bob"]);
  assert.equal(await connect(three, "ada"), "too-many-connections 4505");
  const again = client();
  assert.equal(await connect(again, "ada", { session: sessionOf(one) }), "ada");
  assert.equal(one.closedWith?.code, 4405);
  two.connection.closed(1000, true);
  assert.equal(await connect(client(), "ada"), "ada");
});

test("a session that sends too fast is told when to come again, whatever it asks for, and a reconnect does not reset it (hub-v1, Errors)", async () => {
  const { client, clock } = hubWith({}, { messageRate: { messages: 2, perMs: 1000 } });
  const one = client();
  await connect(one, "ada");
  await one.publish("a", 1);
  await one.join("b");
  const refused = await one.expect("error", { type: "publish", room: "c", data: 1 });
  assert.deepEqual([refused.code, refused.retryAfterMs], ["rate-limited", 500]);
  one.connection.closed(1006, false);
  const back = client();
  await connect(back, "ada", { session: sessionOf(one) });
  assert.equal((await back.expect("error", { type: "leave", room: "b" })).code, "rate-limited");
  await clock.advanceAsync(500);
  await back.publish("a", 2);
});

async function twoNodes(): Promise<{ clock: FakeClock; one: TestHub; two: TestHub; end: () => void }> {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds("b") });
  const node = (name: string): TestHub => hubWith({ revocations: true }, { clock, broker, ids: countingIds(name) });
  const [one, two] = [node("x"), node("y")];
  await Promise.all([one.hub.ready(), two.hub.ready()]);
  return {
    clock,
    one,
    two,
    end: () => {
      one.hub.close();
      two.hub.close();
      broker.close();
    },
  };
}

for (const by of ["user", "token", "session"] as const) {
  test(`R15: a revocation by ${by} on one node closes the connections on the other with 4406, ends the session, and nobody comes back with it`, async () => {
    const { clock, one, two, end } = await twoNodes();
    const [ada, bob] = [two.client(), two.client()];
    await connect(ada, "ada/100000");
    await connect(bob, "bob/100000");
    await ada.join("a");
    const session = sessionOf(ada);
    await one.hub.revoke(by === "user" ? { user: "ada" } : by === "token" ? { token: "ada/100000" } : { session: session.id });
    await settle();
    assert.deepEqual([ada.closedWith, bob.closedWith], [{ code: 4406, reason: "revoked" }, undefined]);
    assert.equal(two.hub.sessionCount, 1);
    await clock.advanceAsync(2000);
    const back = one.client();
    const answer = await connect(back, "ada/100000", { session });
    if (by === "session") assert.equal(back.all("connected")[0]?.resumed, false);
    else assert.equal(answer, "revoked 4406");
    end();
  });
}

test("R15: a revoked user's sessions that wait for their client end too, and a login from after the revocation is good", async () => {
  const { clock, one, two, end } = await twoNodes();
  const ada = two.client();
  await connect(ada, "ada");
  ada.connection.closed(1006, false);
  assert.equal(two.hub.sessionCount, 1);
  await one.hub.revoke({ user: "ada" });
  await settle();
  assert.equal(two.hub.sessionCount, 0);
  await clock.advanceAsync(1);
  const later = hubWith({ revocations: true });
  await later.hub.ready();
  const fresh = two.client({ identity: { subject: "ada", issuedAt: clock.now() } });
  assert.equal(await connect(fresh), "ada");
  later.hub.close();
  end();
});

test("R15: a node that is cut off closes its connections after 5 s of silence, and lets nobody in before it knows the log again", async () => {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds("b") });
  let isCut = false;
  const read: MemoryBroker["read"] = (room, from) => (isCut ? new Promise(() => undefined) : broker.read(room, from));
  const line = new Proxy(broker, {
    get: (target, name) => {
      const value: unknown = name === "read" ? read : Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const { client, hub, events } = hubWith({ revocations: true }, { clock, broker: line });
  const one = client();
  await hub.ready();
  await connect(one, "ada");
  isCut = true;
  await clock.advanceAsync(5000);
  assert.equal(one.closedWith?.code, 1011);
  assert.deepEqual([hub.isReady, events.some(({ type }) => type === "cut-off")], [false, true]);
  const early = client();
  early.say({ type: "connect", ref: 0, version: 1, token: "ada", session: sessionOf(one) });
  await clock.advanceAsync(3000);
  assert.deepEqual([early.heard, early.closedWith], [[], undefined]);
  isCut = false;
  await clock.advanceAsync(3000);
  assert.equal(early.all("connected")[0]?.resumed, true);
  hub.close();
  broker.close();
});

test("a hub that follows no revocations says so", async () => {
  await assert.rejects(testHub().hub.revoke({ user: "ada" }), /follows no revocations/);
  assert.ok(testHub().hub.isReady);
});

test("O: a ticket's claim is good once in the whole cluster (contract 6)", async () => {
  const { one, two, end } = await twoNodes();
  assert.deepEqual([await two.hub.claim("t", 1000), await one.hub.claim("t", 1000), await one.hub.claim("u", 1000)], [true, false, true]);
  assert.deepEqual(await one.hub.rooms(), []);
  end();
});

test("O: the application that is asked when somebody connects may say who it is: rights, names and revocations hold for that", async () => {
  const { client, hub } = hubWith(
    {
      anonymous: true,
      revocations: true,
      authenticate: async () => ({ ok: true, identity: undefined }),
      rooms: { "own:{user}": ["join"] },
    },
    { guard: { connect: ({ token }) => ({ change: { user: "Ada", subject: `${token}` } }) } },
  );
  await hub.ready();
  const one = client();
  assert.equal(await connect(one, "ada"), "Ada");
  await one.join("own:ada");
  assert.equal((await one.expect("error", { type: "join", room: "own:bob" })).code, "forbidden");
  await hub.revoke({ user: "ada" });
  assert.equal(one.closedWith?.code, 4406);
  hub.close();
});
