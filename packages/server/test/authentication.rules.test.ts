import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { MemoryBroker } from "@openline/hub";
import { SignJWT } from "jose";
import { createLog } from "../src/log.ts";
import type { ServerOptions } from "../src/openline-server.ts";
import { randomIds } from "../src/random-ids.ts";
import { systemClock } from "../src/system-clock.ts";
import { openClient, startServer, type TestClient } from "./server-fixture.ts";

const key = "key-0123456789abcdef";
const secret = "a secret that is long enough: 32 bytes";

async function tokenFor(user: string, claims: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return await new SignJWT({ sub: user, iat: now, exp: now + 60, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
}

interface Door {
  readonly protocols?: string[];
  readonly headers?: Record<string, string>;
  readonly query?: string;
  readonly connect?: Record<string, unknown>;
}

/** Comes in by one door; the answer is who one is, or how one was turned away. */
async function comeIn(port: number, { protocols = [], headers = {}, query = "", connect = {} }: Door): Promise<string> {
  let client: TestClient;
  try {
    client = await openClient(`ws://localhost:${port}/hub${query}`, protocols, headers);
  } catch (error) {
    return String(error).replace(/^.*: /, "");
  }
  client.send({ type: "connect", ref: 0, version: 1, ...connect });
  const answer = await Promise.race([client.next("connected"), client.ended]);
  client.socket.terminate();
  return "code" in answer ? `closed ${String(answer["code"])}` : String(answer["user"]);
}

test("O: identity in the handshake's cookie, header or subprotocol, and in the first message; a foreign page is refused before any upgrade", async (t) => {
  const { port } = await startServer(t, { jwt: { secrets: [secret] }, authCookie: "login", allowedOrigins: ["https://chat.example"] });
  const token = await tokenFor("阿达 👋");
  const expired = await tokenFor("ada", { exp: Math.floor(Date.now() / 1000) - 60 });
  const own = `http://localhost:${port}`;
  const doors: [what: string, door: Door, answer: string][] = [
    ["the header", { headers: { authorization: `Bearer ${token}` } }, "阿达 👋"],
    ["the subprotocol", { protocols: ["openline.v1", `openline.token.${token}`] }, "阿达 👋"],
    ["the cookie, from our own page", { headers: { cookie: `a=b; login=${token}`, origin: own } }, "阿达 👋"],
    ["the cookie, from a listed page", { headers: { cookie: `login=${token}`, origin: "https://chat.example" } }, "阿达 👋"],
    ["the cookie, from a foreign page", { headers: { cookie: `login=${token}`, origin: "https://evil.example" } }, "403"],
    ["the cookie, from a look-alike", { headers: { cookie: `login=${token}`, origin: "https://chat.example.evil.example" } }, "403"],
    ["the cookie, from no page at all (null)", { headers: { cookie: `login=${token}`, origin: "null" } }, "403"],
    ["the first message", { connect: { token } }, "阿达 👋"],
    ["the first message, whatever name is claimed", { connect: { token, user: "root" } }, "阿达 👋"],
    ["the address", { query: `?token=${token}` }, "closed 4403"],
    ["the address, as if it were a ticket", { query: `?ticket=${token}` }, "401"],
    ["nothing", { connect: { user: "root" } }, "closed 4403"],
    ["an expired token in the header", { headers: { authorization: `Bearer ${expired}` } }, "401"],
    ["an expired token in the first message", { connect: { token: expired } }, "closed 4504"],
  ];
  for (const [what, door, answer] of doors) assert.equal(await comeIn(port, door), answer, what);
});

test("O: a token in each message: missing, foreign or expired closes with 1008 and a reason, before anything is done", async (t) => {
  const { port, server } = await startServer(t, { jwt: { secrets: [secret], leewayMs: 0 }, tokenInEachMessage: true });
  const token = await tokenFor("ada");
  const cases: [Record<string, unknown>, string][] = [
    [{}, "token missing"],
    [{ token: await tokenFor("bob") }, "token not for you"],
    [{ token: await tokenFor("ada", { exp: Math.floor(Date.now() / 1000) - 1 }) }, "token expired"],
    [{ token: `${token.slice(0, -4)}AAAA` }, "token not valid"],
  ];
  for (const [more, reason] of cases) {
    const client = await openClient(`ws://localhost:${port}/hub`);
    client.send({ type: "connect", ref: 0, version: 1, token });
    client.send({ type: "publish", ref: 1, room: "a", data: "good", token });
    await client.next("published");
    client.send({ type: "publish", ref: 2, room: "a", data: "bad", ...more });
    assert.deepEqual(await client.ended, { code: 1008, reason });
  }
  const kept = await server.hub.history("a");
  assert.deepEqual(new Set(kept?.messages.map(({ data }) => data)), new Set(["good"]));
});

test("O, N, U: rights come from the token, from the rules and from the application; names in any script are names", async (t) => {
  const asked: string[] = [];
  const { port } = await startServer(t, {
    jwt: { secrets: [secret] },
    permissions: { "私人:{user}:*": ["*"] },
    authorize: ({ action, room, subject }) => {
      asked.push(`${subject} ${action} ${room}`);
      return room === "公告" && action === "join";
    },
  });
  const client = await openClient(`ws://localhost:${port}/hub`);
  client.send({ type: "connect", ref: 0, version: 1, token: await tokenFor("阿达", { rooms: { "chat:*": ["join", "publish"] } }) });
  await client.next("connected");
  const requests: [Record<string, unknown>, string][] = [
    [{ type: "join", room: "chat:1" }, "joined"],
    [{ type: "join", room: "私人:阿达:备忘 👋", presence: true, rewind: 1 }, "joined"],
    [{ type: "join", room: "公告" }, "joined"],
    [{ type: "publish", room: "公告", data: 1 }, "forbidden"],
    [{ type: "join", room: "私人:鲍勃:备忘" }, "forbidden"],
    [{ type: "history", room: "chat:1" }, "forbidden"],
  ];
  for (const [ref, [request, answer]] of requests.entries()) {
    client.send({ ...request, ref: ref + 1 });
    const got = await client.next(answer === "forbidden" ? "error" : answer);
    assert.deepEqual([got["ref"], got["code"] ?? answer], [ref + 1, answer]);
  }
  assert.deepEqual(asked, ["阿达 join 公告", "阿达 publish 公告", "阿达 join 私人:鲍勃:备忘", "阿达 history chat:1"]);
  client.socket.terminate();
});

/** Two servers over one store. */
async function twoNodes(t: TestContext, options: ServerOptions): Promise<readonly [port: number, port: number]> {
  const broker = new MemoryBroker({ clock: systemClock, ids: randomIds });
  const [one, two] = [await startServer(t, { ...options, broker }), await startServer(t, { ...options, broker })];
  t.after(() => broker.close());
  return [one.port, two.port];
}

async function api(port: number, path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const response = await fetch(`http://localhost:${port}/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return (await response.json()) as Record<string, unknown>;
}

test("O: a one-time token that one node gave is good on another, and then nowhere (R13)", async (t) => {
  const [one, two] = await twoNodes(t, { apiKeys: [key], anonymous: false });
  const { ticket } = await api(one, "tickets", { user: "ada" });
  assert.equal(await comeIn(two, { connect: { token: ticket } }), "ada");
  for (const port of [one, two]) assert.equal(await comeIn(port, { query: `?ticket=${String(ticket)}` }), "401");
  const { ticket: contested } = await api(one, "tickets", { user: "ada" });
  const answers = await Promise.all([one, two, one, two].map((port) => comeIn(port, { query: `?ticket=${String(contested)}` })));
  assert.deepEqual(answers.toSorted(), ["401", "401", "401", "ada"]);
});

test("R15: what is revoked on one node is closed on the other within 2 s, and turned away everywhere", async (t) => {
  const [one, two] = await twoNodes(t, { apiKeys: [key], jwt: { secrets: [secret] }, anonymous: false });
  const token = await tokenFor("ada", { jti: "t-1" });
  const client = await openClient(`ws://localhost:${two}/hub`, [], { authorization: `Bearer ${token}` });
  client.send({ type: "connect", ref: 0, version: 1 });
  await client.next("connected");
  const began = Date.now();
  await api(one, "revocations", { token: "t-1" });
  assert.deepEqual(await client.ended, { code: 4406, reason: "revoked" });
  // 2 s where the machine has no other work: nodes hear of it at once, and look once a second.
  assert.ok(Date.now() - began < 10_000);
  for (const port of [one, two]) assert.equal(await comeIn(port, { connect: { token } }), "closed 4406");
  assert.equal(await comeIn(one, { connect: { token: await tokenFor("ada", { jti: "t-2" }) } }), "ada");
});

test("R5, R16: more than the limits are answered 503 with Retry-After, as a problem, and a proxy's clients are counted apart", async (t) => {
  const { port, raw } = await startServer(t, { limits: { connectionsPerAddress: 1 }, trustProxy: ["loopback"], anonymous: true });
  const from = (address: string): Promise<TestClient> => openClient(`ws://localhost:${port}/hub`, [], { "x-forwarded-for": address });
  const [one, two] = [await from("192.0.2.1"), await from("192.0.2.2")];
  const fields =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  const refused = await raw(`GET /hub HTTP/1.1\r\nHost: localhost:${port}\r\nX-Forwarded-For: 192.0.2.1\r\n${fields}\r\n`);
  let text = "";
  for await (const chunk of refused) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 503 .*retry-after: [1-6]\r\n.*"code":"too-many-connections"/is);
  one.socket.terminate();
  two.socket.terminate();
});

test("L: a page without our SDK that wants any answer to its own heartbeat gets one from the hub, before and after connect, and stays connected", async (t) => {
  const { port } = await startServer(t);
  const page = await openClient(`ws://localhost:${port}/hub`);
  for (const probe of ["HeartBeat", "123456789"]) {
    page.send(probe);
    assert.match(String((await page.next("error"))["code"]), /^bad-(json|message)$/);
  }
  page.send({ type: "connect", ref: 0, version: 1 });
  await page.next("connected");
  page.send("HeartBeat");
  assert.equal((await page.next("error"))["code"], "bad-json");
  page.send({ type: "ping" });
  await page.next("pong");
  page.socket.terminate();
});

for (const format of ["json", "text"] as const) {
  test(`R13: no secret stands in any line of the log (${format}), whatever comes in and goes wrong`, async (t) => {
    const lines: string[] = [];
    const log = createLog({ level: "trace", format, destination: { write: (line) => void lines.push(line) } });
    const own = `own-${randomBytes(12).toString("hex")}`;
    const { port, server } = await startServer(t, {
      log,
      apiKeys: [key],
      jwt: { secrets: [secret] },
      authCookie: "login",
      anonymous: false,
      tokenInEachMessage: true,
      authenticate: ({ token }) => {
        if (token === own) throw new Error("the database is away");
        return undefined;
      },
    });
    const token = await tokenFor("ada");
    const { ticket } = await api(port, "tickets", { user: "ada" });
    const forged = `${token.slice(0, -6)}forged`;
    const secrets = [key, secret, token, String(ticket), forged, own, forged.split(".")[2] ?? ""];
    const client = await openClient(`ws://localhost:${port}/hub`, [], { authorization: `Bearer ${token}` });
    client.send({ type: "connect", ref: 0, version: 1, token });
    const { session } = (await client.next("connected")) as unknown as { session: { resume: string } };
    secrets.push(session.resume);
    client.send({ type: "refresh", ref: 1, token: await tokenFor("ada") });
    await client.next("refreshed");
    client.send({ type: "publish", ref: 2, room: "a", data: 1, token: forged });
    await client.ended;
    const doors: Door[] = [
      { query: `?ticket=${String(ticket)}` },
      { query: `?ticket=${String(ticket)}` },
      { query: `?ticket=${forged}` },
      { headers: { cookie: `login=${forged}` } },
      { headers: { authorization: `Bearer ${own}` } },
      { protocols: ["openline.v1", `openline.token.${forged}`] },
      { connect: { token: own } },
      { connect: { token: forged } },
      { connect: { token, session: { id: "s", resume: session.resume } } },
      { connect: { token: `${own}${"x".repeat(9000)}` } },
    ];
    for (const door of doors) await Promise.race([comeIn(port, door), new Promise((resolve) => setTimeout(resolve, 300))]);
    for (const path of ["tickets", "revocations", `rooms/${key}/messages`, `x/${token}`]) await api(port, path, { token, user: " bad " });
    await fetch(`http://localhost:${port}/api/rooms?key=${key}`, {
      headers: { authorization: `Bearer ${forged}`, cookie: `login=${token}` },
    });
    await server.hub.revoke({ user: "ada" });
    await server.close({ graceMs: 0 });
    const text = lines.join("\n");
    assert.ok(lines.length > 10 && text.includes("database is away"), "the log was written");
    for (const one of secrets) assert.ok(!text.includes(one), `a secret stands in the log: ${one.slice(0, 6)}…`);
  });
}

test("R15: a node that cannot read what was revoked sends new clients away with 503, and lets them in when it can again", async (t) => {
  const broker = new MemoryBroker({ clock: systemClock, ids: randomIds });
  let isCut = false;
  const read: MemoryBroker["read"] = (room, from) => (isCut ? Promise.reject(new Error("no way to the store")) : broker.read(room, from));
  const line = new Proxy(broker, {
    get: (target, name) => {
      const value: unknown = name === "read" ? read : Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const { port, server } = await startServer(t, { broker: line, jwt: { secrets: [secret] } });
  t.after(() => broker.close());
  const token = await tokenFor("ada");
  assert.equal(await comeIn(port, { connect: { token } }), "ada");
  const until = async (isReady: boolean): Promise<void> => {
    while (server.hub.isReady !== isReady) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  isCut = true;
  await until(false);
  assert.equal(await comeIn(port, { connect: { token } }), "503");
  isCut = false;
  await until(true);
  assert.equal(await comeIn(port, { connect: { token } }), "ada");
});
