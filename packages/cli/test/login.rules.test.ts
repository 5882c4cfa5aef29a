// Two `openline serve` processes on one Redis: who may come in holds for both.
import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Client } from "@openline/client";
import { noRedis } from "@openline/testkit";
import { exportJWK, SignJWT } from "jose";
import { startNode, startRedis, until } from "./nodes-fixture.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };
const key = "key-0123456789abcdef";
const closed = ["--api-key", key, "--jwt-secret", "a secret that is long enough: 32 bytes"];

async function api(url: string, path: string, body: object): Promise<{ status: number; ticket: string }> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const answer = await fetch(`${url}/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const { ticket } = (await answer.json()) as Record<string, unknown>;
  return { status: answer.status, ticket: String(ticket) };
}

/** Comes in with a ticket; says as whom, or how it ended. */
async function comeIn(port: number, token: string): Promise<{ client: Client; answer: string }> {
  const client = new Client(`http://127.0.0.1:${port}`, { token, reconnect: { minDelayMs: 50, maxDelayMs: 200 } });
  const answer = await new Promise<string>((resolve) =>
    client.on("state", (state, { code }) => {
      if (state === "connected") resolve(String(client.user));
      else if (state === "closed") resolve(`closed ${code}`);
    }),
  );
  return { client, answer };
}

test(
  "O, R13, R15: tickets are used once and revocations hold on all processes of one Redis, and a process that it is silent to lets nobody in",
  skip,
  async (t) => {
    const redis = await startRedis(t);
    const [east, west] = [await startNode(t, redis.url, ...closed), await startNode(t, redis.url, ...closed)];

    await t.test("of ten attempts with one ticket on two processes one comes in", async () => {
      const { ticket } = await api(east.url, "tickets", { user: "阿达" });
      const attempts = await Promise.all(Array.from({ length: 10 }, (_, at) => comeIn(at % 2 === 0 ? east.port : west.port, ticket)));
      const answers = attempts.map(({ answer }) => answer).toSorted();
      assert.deepEqual(answers, [...Array.from({ length: 9 }, () => "closed 4403"), "阿达"]);
      for (const { client } of attempts) client.close();
    });

    await t.test("a revocation on one closes on the other, and holds for a process that starts later", async () => {
      const { ticket } = await api(east.url, "tickets", { user: "ada", ttlMs: 600_000 });
      const spare = await api(east.url, "tickets", { user: "ada", ttlMs: 600_000 });
      const { client, answer } = await comeIn(west.port, ticket);
      assert.equal(answer, "ada");
      const ended = new Promise<unknown>((resolve) => client.on("state", (state, { code }) => state === "closed" && resolve(code)));
      assert.equal((await api(east.url, "revocations", { user: "ada" })).status, 201);
      // Within 2 s, which the hub's test shows on a clock of its own: this machine may have other work.
      assert.equal(await ended, 4406);
      const late = await startNode(t, redis.url, ...closed);
      assert.equal((await comeIn(late.port, spare.ticket)).answer, "closed 4406");
    });

    await t.test(
      "cut off from Redis, a process sends new clients away, closes its own after 5 s, and goes on when Redis is back",
      async () => {
        const { ticket } = await api(east.url, "tickets", { user: "bob" });
        const { client, answer } = await comeIn(west.port, ticket);
        assert.equal(answer, "bob");
        const codes: (number | undefined)[] = [];
        client.on("state", (state, { code }) => state === "waiting" && codes.push(code));
        const status = async (): Promise<number> => {
          const headers = {
            upgrade: "websocket",
            connection: "upgrade",
            "sec-websocket-version": "13",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
          };
          return await new Promise((resolve, reject) => {
            const asked = request({ port: west.port, path: "/hub", headers, agent: false });
            asked.on("response", (response) => (response.resume(), resolve(response.statusCode ?? 0)));
            asked.on("upgrade", (_response, socket) => (socket.destroy(), resolve(101)));
            asked.on("error", reject).end();
          });
        };
        assert.equal(await status(), 101);
        redis.signal("SIGSTOP");
        await until("new clients are sent away", async () => (await status()) === 503);
        await until("its own are closed", () => codes.includes(1011));
        redis.signal("SIGCONT");
        await until("new clients are let in", async () => (await status()) === 101);
        client.close();
      },
    );
  },
);

test("R13, R15: used tickets and revocations survive the restart of a process that keeps its rooms on disk", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const first = await startNode(t, "", "--data", folder, ...closed);
  const tickets = [];
  for (const user of ["ada", "bob", "bob"]) tickets.push((await api(first.url, "tickets", { user, ttlMs: 600_000 })).ticket);
  const [adas = "", bobs = "", fresh = ""] = tickets;
  const { client, answer } = await comeIn(first.port, bobs);
  assert.equal(answer, "bob");
  client.close();
  await api(first.url, "revocations", { user: "ada" });
  first.started.child.kill("SIGTERM");
  await first.started.ended;
  const second = await startNode(t, "", "--data", folder, ...closed);
  assert.equal((await comeIn(second.port, adas)).answer, "closed 4406");
  assert.equal((await comeIn(second.port, bobs)).answer, "closed 4403");
  const back = await comeIn(second.port, fresh);
  assert.equal(back.answer, "bob");
  back.client.close();
});

/** The key pairs of a login elsewhere, and its address for the public ones. */
async function startLogin(
  t: TestContext,
): Promise<{ url: string; published: string[]; token: (key: string, lifeSeconds: number) => Promise<string> }> {
  const pairs: Readonly<Record<string, { alg: string; publicKey: KeyObject; privateKey: KeyObject }>> = {
    rsa: { alg: "RS256", ...generateKeyPairSync("rsa", { modulusLength: 2048 }) },
    ec: { alg: "ES256", ...generateKeyPairSync("ec", { namedCurve: "P-256" }) },
    later: { alg: "EdDSA", ...generateKeyPairSync("ed25519") },
  };
  const pairOf = (kid: string): { alg: string; publicKey: KeyObject; privateKey: KeyObject } => pairs[kid] ?? assert.fail(kid);
  const published = ["rsa", "ec"];
  const http = createServer((_request, response) => {
    void Promise.all(published.map(async (kid) => ({ ...(await exportJWK(pairOf(kid).publicKey)), kid }))).then((keys) =>
      response.setHeader("content-type", "application/json").end(JSON.stringify({ keys })),
    );
  }).listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(() => http.close());
  const token = async (kid: string, lifeSeconds: number): Promise<string> => {
    const { alg, privateKey } = pairOf(kid);
    const claims = new SignJWT()
      .setSubject(kid)
      .setAudience("chat")
      .setExpirationTime(Math.floor(Date.now() / 1000) + lifeSeconds);
    return await claims.setProtectedHeader({ alg, kid }).sign(privateKey);
  };
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/keys`, published, token };
}

test("O, R15: tokens of a login elsewhere, by its published keys: RSA and EC come in and end with 4504; a key that is not known yet is no refusal for good", async (t) => {
  const login = await startLogin(t);
  const { port } = await startNode(t, "", "--jwt-jwks-url", login.url, "--jwt-audience", "chat", "--jwt-leeway-ms", "0");
  for (const key of ["rsa", "ec"]) {
    const { client, answer } = await comeIn(port, await login.token(key, 3600));
    client.close();
    assert.equal(answer, key);
  }
  const late = new Client(`http://127.0.0.1:${port}`, {
    token: await login.token("later", 3600),
    reconnect: { minDelayMs: 50, maxDelayMs: 200 },
  });
  t.after(() => late.close());
  await new Promise<void>((resolve) => late.on("state", (state) => (state === "waiting" || state === "closed") && resolve()));
  assert.equal(late.state, "waiting");
  const short = new Client(`http://127.0.0.1:${port}`, { token: await login.token("rsa", 4) });
  t.after(() => short.close());
  assert.equal(await new Promise((resolve) => short.on("state", (state, { code }) => state === "closed" && resolve(code))), 4504);
});
