import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createLog } from "../src/log.ts";
import { createServer } from "../src/server.ts";
import { assertDescribed } from "./api/contract.ts";
import { type Answer, ask, type Question } from "./http-fixture.ts";
import { openClient, startServer } from "./server-fixture.ts";
import { startBackend } from "./webhooks/backend-fixture.ts";

type Asked = (path: string, question?: Question) => Promise<Answer>;

/** Asks a real server, and holds its answer against OpenAPI. */
const asking =
  (port: number): Asked =>
  async (path, question = {}) => {
    const answer = await ask(port, path, question);
    assertDescribed("/", question.method ?? "GET", path, answer);
    return answer;
  };

const json = (body: unknown): Question => ({ method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });

async function typesOf(t: TestContext): Promise<{ url: string; types: () => string[]; until: (type: string) => Promise<void> }> {
  const backend = await startBackend(t);
  const events = (): { type: string; room?: string }[] =>
    backend.calls.flatMap(({ body }) => body["events"] as { type: string; room?: string }[]);
  return {
    url: backend.url,
    types: () => events().map(({ type, room }) => (room === undefined ? type : `${type} ${room}`)),
    until: async (type) => {
      for (let count = 1; !events().some((event) => event.type === type); count++) await backend.called(count);
    },
  };
}

test("N, U: rooms, members, users and history over HTTP are what clients made over WebSocket, names in any script included", async (t) => {
  const { port, join: enter } = await startServer(t);
  const http = asking(port);
  const client = await enter("阿达 🦊", "房间 1");
  const rooms = [1, 2, 3].map((data) => ({ room: "房间 1", data, id: `m${data}` }));
  const published = JSON.parse((await http("/api/messages", json({ messages: [...rooms, { room: "e\u0301", data: "👋🏽" }] }))).text);
  assert.deepEqual(
    published.results.map(({ outcome }: { outcome: string }) => outcome),
    ["stored", "stored", "stored", "stored"],
  );
  assert.equal((await client.next("message"))["data"], 1);
  const at = encodeURIComponent("房间 1");
  const newest = JSON.parse((await http(`/api/rooms/${at}/messages?limit=2`)).text);
  assert.deepEqual([newest.messages.map(({ data }: { data: number }) => data), newest.complete], [[2, 3], false]);
  const before = encodeURIComponent(newest.messages[0].position);
  const older = JSON.parse((await http(`/api/rooms/${at}/messages?before=${before}`)).text);
  assert.deepEqual([older.messages.map(({ data }: { data: number }) => data), older.complete], [[1], true]);
  const after = JSON.parse((await http(`/api/rooms/${at}/messages?after=${encodeURIComponent(older.messages[0].position)}`)).text);
  assert.deepEqual(after.messages, newest.messages);
  assert.equal((await http(`/api/rooms/${at}/messages?after=x.1.y`)).status, 404);
  const members = JSON.parse((await http(`/api/rooms/${at}/members`)).text);
  assert.deepEqual([members.members[0].user, members.memberCount], ["阿达 🦊", 1]);
  assert.match((await http("/api/rooms")).text, /"e\u0301".*"房间 1"/u);
  assert.deepEqual((await http("/api/users")).body, { users: [{ user: "阿达 🦊", sessions: 1 }] });
  const name = encodeURIComponent("阿达 🦊");
  assert.deepEqual((await http(`/api/users/${name}/messages`, json("你好"))).body, { user: "阿达 🦊", delivered: 1 });
  assert.equal((await client.next("direct"))["data"], "你好");
  assert.deepEqual((await http("/api/disconnect", json({ user: "阿达 🦊", reason: "再见" }))).body, { sessions: 1 });
  assert.deepEqual(await client.ended, { code: 4404, reason: "再见" });
  assert.deepEqual((await http(`/api/users/${name}`)).body, { user: "阿达 🦊", sessions: 0 });
});

test("R21: what clients do arrives at the webhook in its order, from connect to vacated", async (t) => {
  const { url, types, until } = await typesOf(t);
  const webhook = {
    url,
    secret: "a plain secret of some length",
    events: ["connect", "join", "occupied", "publish", "leave", "vacated", "disconnect"],
  } as const;
  const { port, join: enter } = await startServer(t, { webhook });
  const client = await enter("Ada", "a");
  client.send({ type: "publish", ref: 2, room: "a", data: 1 });
  await client.next("published");
  client.send({ type: "leave", ref: 3, room: "a" });
  await client.next("left");
  client.socket.close(1000);
  await until("disconnect");
  assert.deepEqual(types(), ["connect", "join a", "occupied a", "publish a", "leave a", "vacated a", "disconnect"]);
  const state = JSON.parse((await asking(port)("/api/webhooks")).text);
  assert.equal(state.enabled, true);
});

test("R21: with --data events that no backend took are delivered after a restart", async (t) => {
  const data = mkdtempSync(join(tmpdir(), "openline-data-"));
  t.after(() => rmSync(data, { recursive: true }));
  const backend = await startBackend(t);
  await backend.close();
  const log = createLog({ level: "silent" });
  const options = {
    port: 0,
    consoleFolder: "/nowhere",
    log,
    data,
    webhook: { url: backend.url, events: ["connect", "disconnect"] },
  } as const;
  const first = createServer(options);
  const { port } = await first.listen();
  const client = await openClient(`ws://localhost:${port}/hub`);
  client.send({ type: "connect", ref: 0, version: 1, user: "Ada" });
  await client.next("connected");
  await first.close({ graceMs: 100 });
  await backend.reopen();
  const second = createServer(options);
  t.after(() => second.close({ graceMs: 0 }));
  await second.listen();
  await backend.called(1);
  assert.match(backend.calls[0]?.text ?? "", /"type":"connect".*"user":"Ada".*"type":"disconnect"/);
});

test("O: the application decides by HTTP who comes in and as whom, which room may be joined, and what is published", async (t) => {
  const backend = await startBackend(t);
  backend.answer = ({ body: { type, token, room, data } }, response) => {
    const answer =
      type === "connect"
        ? token === "good"
          ? { allow: true, user: "阿达", subject: "u1" }
          : { allow: false, reason: "unknown token", code: "unauthorized" }
        : type === "join"
          ? { allow: room !== "private", reason: "not yours" }
          : { allow: true, data: [data] };
    response.end(JSON.stringify(answer));
  };
  const { port } = await startServer(t, { ask: { url: backend.url, about: ["connect", "join", "publish"] } });
  const stranger = await openClient(`ws://localhost:${port}/hub`);
  stranger.send({ type: "connect", ref: 0, version: 1, token: "bad" });
  assert.equal((await stranger.next("error"))["message"], "unknown token");
  assert.equal((await stranger.ended).code, 4403);
  const client = await openClient(`ws://localhost:${port}/hub`);
  client.send({ type: "connect", ref: 0, version: 1, token: "good" });
  assert.equal((await client.next("connected"))["user"], "阿达");
  client.send({ type: "join", ref: 1, room: "private" });
  assert.equal((await client.next("error"))["message"], "not yours");
  client.send({ type: "join", ref: 2, room: "open" });
  await client.next("joined");
  client.send({ type: "publish", ref: 3, room: "open", data: "hi" });
  assert.deepEqual((await client.next("message"))["data"], ["hi"]);
  await backend.close();
  client.send({ type: "join", ref: 4, room: "other" });
  assert.equal((await client.next("error"))["code"], "internal", "without the application nothing is allowed");
});

test("with the application asked about connect, an open address needs no key; the HTTP API stays closed there", async (t) => {
  const backend = await startBackend(t);
  backend.answer = (_call, response) => void response.end('{"allow":true,"user":"Ada"}');
  const { port } = await startServer(t, { host: "0.0.0.0", ask: { url: backend.url } });
  const client = await openClient(`ws://127.0.0.1:${port}/hub`);
  client.send({ type: "connect", ref: 0, version: 1 });
  assert.equal((await client.next("connected"))["user"], "Ada");
  assert.equal((await ask(port, "/api/rooms")).status, 401);
});

test("L: a page without our SDK that sends HeartBeat or 123456789 is answered by the hub each time, and stays connected", async (t) => {
  const { join: enter } = await startServer(t);
  const page = await enter("page", "a");
  for (const text of ["HeartBeat", "123456789"]) {
    page.send(text);
    assert.match(String((await page.next("error"))["code"]), /^bad-(?:json|message)$/);
  }
  page.send({ type: "ping", ref: 9 });
  assert.equal((await page.next("pong"))["ref"], 9);
});

test("O: with an API key for the backend, clients still come in with tokens that only the asked application knows", async (t) => {
  const backend = await startBackend(t);
  backend.answer = ({ body: { token } }, response) =>
    void response.end(JSON.stringify(token === "opaque" ? { allow: true, user: "Ada", subject: "Ada" } : { allow: false }));
  const key = "key-0123456789abcdef";
  const { port } = await startServer(t, { apiKeys: [`presence:${key}`], ask: { url: backend.url, about: ["connect"] } });
  const client = await openClient(`ws://localhost:${port}/hub`);
  client.send({ type: "connect", ref: 0, version: 1, token: "opaque" });
  assert.equal((await client.next("connected"))["user"], "Ada");
  const foreign = await openClient(`ws://localhost:${port}/hub`);
  foreign.send({ type: "connect", ref: 0, version: 1, token: "foreign" });
  assert.equal((await foreign.ended).code, 4403);
  const headers = { authorization: `Bearer ${key}` };
  assert.deepEqual((await asking(port)("/api/users/Ada", { headers })).body, { user: "Ada", sessions: 1 });
  assert.equal((await asking(port)("/api/rooms/a/messages", { headers })).status, 403);
  assert.equal((await asking(port)("/api/rooms")).status, 401);
});
