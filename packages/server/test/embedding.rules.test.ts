import assert from "node:assert/strict";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { serve } from "@hono/node-server";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { refuse } from "../src/hooks.ts";
import { createLog } from "../src/log.ts";
import type { OpenlineServer, ServerOptions } from "../src/openline-server.ts";
import { createServer } from "../src/server.ts";
import { ask } from "./http-fixture.ts";
import { openClient } from "./server-fixture.ts";

const silent = createLog({ level: "silent" });
const embedded = (options: ServerOptions = {}): OpenlineServer =>
  createServer({ basePath: "/realtime/", anonymous: true, consoleFolder: "/nowhere", log: silent, ...options });

/** The application answers its own page, and the hub works beside it. */
async function assertWorks(t: TestContext, http: Server, openline: OpenlineServer): Promise<void> {
  t.after(() => openline.close({ graceMs: 0 }));
  const { port } = http.address() as AddressInfo;
  assert.equal((await ask(port, "/own")).text, "own page");
  const client = await openClient(`ws://localhost:${port}/realtime/hub`);
  client.send({ type: "connect", ref: 0, version: 1, user: "阿达" });
  await client.next("connected");
  client.send({ type: "join", ref: 1, room: "lobby" });
  await client.next("joined");
  const posted = await ask(port, "/realtime/api/rooms/lobby/messages", { method: "POST", body: "你好 👋" });
  assert.equal(posted.status, 201, posted.text);
  assert.equal((await client.next("message"))["data"], "你好 👋");
  assert.equal((await openline.room("lobby").presence()).memberCount, 1);
  await openline.close({ graceMs: 0 });
  assert.equal((await client.ended).code, 1001);
  assert.ok(http.listening, "the http server stays the application's");
  assert.equal((await ask(port, "/own")).text, "own page");
}

const listening = async (http: Server): Promise<Server> => {
  await new Promise<void>((resolve) => (http.listening ? resolve() : http.once("listening", resolve)));
  return http;
};

test("it mounts on an Express application", async (t) => {
  const app = express();
  app.get("/own", (_request, response) => void response.send("own page"));
  const http = await listening(app.listen(0, "127.0.0.1"));
  t.after(() => void http.close());
  const openline = embedded();
  await openline.mount(http);
  await assertWorks(t, http, openline);
});

test("it mounts on a Fastify application", async (t) => {
  const app = Fastify();
  app.get("/own", async () => "own page");
  await app.listen({ port: 0, host: "127.0.0.1" });
  t.after(() => app.close());
  const openline = embedded();
  await openline.mount(app.server);
  await assertWorks(t, app.server, openline);
});

test("it mounts on a Hono application", async (t) => {
  const app = new Hono();
  app.get("/own", (c) => c.text("own page"));
  const http = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server;
  await listening(http);
  t.after(() => void http.close());
  const openline = embedded();
  await openline.mount(http);
  await assertWorks(t, http, openline);
});

test("mounted, it is said who may come in: nobody is anonymous by accident on a server that others may reach", async () => {
  const http = express().listen(0, "127.0.0.1");
  const open = createServer({ basePath: "/realtime/", log: silent });
  await assert.rejects(open.mount(http), /say who may come in/);
  const hooked = createServer({ basePath: "/realtime/", log: silent, hooks: { beforeConnect: () => refuse("no") } });
  await hooked.mount(http);
  await hooked.close({ graceMs: 0 });
  await new Promise((resolve) => http.close(resolve));
});

test("N: hooks before and after connect, join, publish, leave and disconnect decide and hear, over a real WebSocket", async (t) => {
  const heard: string[] = [];
  const openline = createServer({
    port: 0,
    consoleFolder: "/nowhere",
    log: silent,
    hooks: {
      beforeConnect: ({ token }) => (token === undefined ? refuse("who are you?", "unauthorized") : { user: `user of ${token}` }),
      beforeJoin: ({ room }) => (room === "closed" ? refuse("closed today") : undefined),
      beforePublish: ({ data }) => (data === "bad" ? refuse("watch your tongue") : { data: String(data).toUpperCase() }),
      beforeLeave: ({ room }) => (room === "sticky" ? refuse("stay") : undefined),
      beforeDisconnect: ({ user }) => (user === "root" ? refuse("not the admin") : undefined),
      afterConnect: ({ user }) => void heard.push(`connect ${user}`),
      afterJoin: ({ room }) => void heard.push(`join ${room}`),
      afterPublish: ({ data }) => void heard.push(`publish ${String(data)}`),
      afterLeave: ({ room }) => void heard.push(`leave ${room}`),
      afterDisconnect: ({ code }) => void heard.push(`disconnect ${code}`),
    },
  });
  const { port } = await openline.listen();
  t.after(() => openline.close({ graceMs: 0 }));
  const stranger = await openClient(`ws://localhost:${port}/hub`);
  stranger.send({ type: "connect", ref: 0, version: 1 });
  assert.equal((await stranger.ended).code, 4403);
  const client = await openClient(`ws://localhost:${port}/hub`);
  const answerTo = async (type: string, message: object): Promise<unknown> => {
    client.send(message);
    return (await client.next(type))["message"];
  };
  client.send({ type: "connect", ref: 0, version: 1, token: "t1" });
  assert.equal((await client.next("connected"))["user"], "user of t1");
  assert.equal(await answerTo("error", { type: "join", ref: 1, room: "closed" }), "closed today");
  await answerTo("joined", { type: "join", ref: 2, room: "a" });
  await answerTo("joined", { type: "join", ref: 3, room: "sticky" });
  assert.equal(await answerTo("error", { type: "publish", ref: 4, room: "a", data: "bad" }), "watch your tongue");
  client.send({ type: "publish", ref: 5, room: "a", data: "good" });
  assert.equal((await client.next("message"))["data"], "GOOD");
  assert.equal(await answerTo("error", { type: "leave", ref: 6, room: "sticky" }), "stay");
  await answerTo("left", { type: "leave", ref: 7, room: "a" });
  assert.deepEqual(await openline.disconnect({ user: "root" }), { refused: "not the admin" });
  assert.deepEqual(await openline.disconnect({ user: "user of t1" }, "bye"), { sessions: 1 });
  assert.deepEqual(await client.ended, { code: 4404, reason: "bye" });
  while (!heard.includes("leave sticky")) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(heard, ["connect user of t1", "join a", "join sticky", "publish GOOD", "leave a", "disconnect 4404", "leave sticky"]);
});

test("where a hook decides who comes in, the HTTP API is closed without a key, unless anonymous is said", async (t) => {
  const closed = createServer({ port: 0, consoleFolder: "/nowhere", log: silent, hooks: { beforeConnect: () => undefined } });
  const open = createServer({
    port: 0,
    consoleFolder: "/nowhere",
    log: silent,
    anonymous: true,
    hooks: { beforeConnect: () => undefined },
  });
  for (const [server, status] of [
    [closed, 401],
    [open, 200],
  ] as const) {
    const { port } = await server.listen();
    t.after(() => server.close({ graceMs: 0 }));
    assert.equal((await ask(port, "/api/rooms")).status, status);
  }
});

test("hooks before and after a direct message: refused, changed, heard", async (t) => {
  const heard: unknown[] = [];
  const openline = createServer({
    port: 0,
    consoleFolder: "/nowhere",
    log: silent,
    hooks: {
      beforeSend: ({ to, data }) => (to === "Eve" ? refuse("not to her") : { data: [data] }),
      afterSend: ({ user, to, data, delivered }) => void heard.push([user, to, data, delivered]),
    },
  });
  const { port } = await openline.listen();
  t.after(() => openline.close({ graceMs: 0 }));
  const [ada, bo] = await Promise.all(
    ["Ada", "Bo"].map(async (user) => {
      const client = await openClient(`ws://localhost:${port}/hub`);
      client.send({ type: "connect", ref: 0, version: 1, user });
      await client.next("connected");
      return client;
    }),
  );
  assert.ok(ada && bo);
  ada.send({ type: "send", ref: 1, user: "Eve", data: 1 });
  assert.deepEqual((({ code, message }) => [code, message])(await ada.next("error")), ["forbidden", "not to her"]);
  ada.send({ type: "send", ref: 2, user: "Bo", data: 2 });
  assert.deepEqual((await bo.next("direct"))["data"], [2]);
  assert.equal((await ada.next("sent"))["delivered"], 1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(heard, [["Ada", "Bo", [2], 1]]);
});
