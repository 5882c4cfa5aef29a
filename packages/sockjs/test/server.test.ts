import assert from "node:assert/strict";
import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import type { SockjsConnection } from "../src/connection.ts";
import { createServer } from "../src/server.ts";
import { echo, serve, sessionAt } from "./sockjs-fixture.ts";

test("two endpoints share a port, each with its prefix and its options; the rest is the application's", async (t) => {
  const server = await serve(
    t,
    { prefix: "/a/b", onConnection: echo },
    { prefix: "/c", websocket: false, onConnection: (connection) => connection.write("hello") },
  );
  assert.equal((await server.ask("/a/b")).body, "Welcome to SockJS!\n");
  assert.equal(JSON.parse((await server.ask("/c/info")).body).websocket, false);
  const session = sessionAt("/c");
  await server.post(`${session}/xhr`);
  assert.equal((await server.post(`${session}/xhr`)).body, 'a["hello"]\n');
  assert.equal((await server.ask("/d")).status, 404);
});

test("options are checked when the server is made, and again with those of installHandlers", () => {
  assert.throws(() => createServer({ response_limit: -1 }), /response_limit is -1/);
  assert.throws(() => createServer().endpoint({ prefix: "x" }), /prefix is "x"/);
});

test("close tells every client, on each kind of transport, and waits until they are gone (R8)", async (t) => {
  const server = await serve(t, { prefix: "/echo", disconnect_delay: 50, onConnection: echo });
  const talker = server.socket(`${sessionAt("/echo")}/websocket`);
  assert.equal(await talker.next(), "o");
  const raw = server.socket("/echo/websocket");
  await new Promise((resolve) => raw.socket.on("open", resolve));
  const { connection } = await server.stream(`${sessionAt("/echo")}/xhr_streaming`, { method: "POST" });
  await connection.chunk();
  assert.equal(await connection.chunk(), "o\n");
  const [endpoint] = server.endpoints;
  assert.equal(endpoint?.count, 3);
  await endpoint?.close({ code: 1012, reason: "restart" });
  assert.equal(endpoint?.count, 0);
  assert.equal(await connection.chunk(), 'c[1012,"restart"]\n');
  assert.equal(await talker.next(), 'c[1012,"restart"]');
  assert.deepEqual(await raw.closed, { code: 1012, reason: "restart" });
  assert.equal((await server.ask("/echo")).status, 404, "the application has its listeners back");
});

test("what does not go within graceMs is cut", async (t) => {
  const server = await serve(t, { prefix: "/echo", onConnection: echo });
  await server.post(`${sessionAt("/echo")}/xhr`);
  await server.endpoints[0]?.close({ graceMs: 10 });
  assert.equal(server.endpoints[0]?.count, 0);
});

test("R3: a client that does not read costs no more than the cap: then its session closes with 1008", async (t) => {
  const closes: unknown[] = [];
  let mostBytes = 0;
  const server = await serve(t, {
    prefix: "/flood",
    disconnect_delay: 200,
    max_queue_bytes: 100_000,
    onConnection: (connection) => {
      connection.on("close", (code) => closes.push(code));
      const chunk = "x".repeat(50_000);
      const flood = (): void => {
        for (let count = 0; count < 20; count++) connection.write(chunk);
        mostBytes = Math.max(mostBytes, connection.bufferedAmount);
        if (connection.readyState === 1) setImmediate(flood);
      };
      flood();
    },
  });
  const stalled = server.raw();
  stalled.send(`POST ${sessionAt("/flood")}/xhr_streaming HTTP/1.0\r\nHost: x\r\n\r\n`);
  stalled.pause();
  while (closes.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(closes, [1008]);
  // The cap, and one frame that the response holds already.
  assert.ok(mostBytes < 300_000, `${mostBytes} bytes waited`);
});

test("R3: a raw WebSocket that does not read costs no more than the cap either: then it closes with 1008", async (t) => {
  let connection: SockjsConnection | undefined;
  const server = await serve(t, { prefix: "/flood", max_queue_bytes: 100_000, onConnection: (opened) => void (connection = opened) });
  const client = server.socket("/flood/websocket");
  await once(client.socket, "open");
  client.socket.pause();
  let mostBytes = 0;
  const chunk = "x".repeat(50_000);
  // More than the system's buffers take.
  for (let count = 0; count < 400; count++) {
    connection?.write(chunk);
    mostBytes = Math.max(mostBytes, connection?.bufferedAmount ?? 0);
    await new Promise(setImmediate);
  }
  assert.ok(mostBytes < 300_000, `${mostBytes} bytes wait`);
  client.socket.resume();
  assert.deepEqual(await client.closed, { code: 1008, reason: "Too many messages are waiting" });
});

test("R3: a client that reads nothing, not even the close frame, keeps no connection when its session is gone", async (t) => {
  const server = await serve(t, {
    prefix: "/stalled",
    disconnect_delay: 100,
    response_limit: Number.MAX_SAFE_INTEGER,
    onConnection: (connection) => {
      // More than the system's buffers take.
      connection.write("x".repeat(16_777_216));
      connection.close(3000, "Go away!");
    },
  });
  const stalled = server.raw();
  const arrived = once(server.http, "request").then(([request]) => (request instanceof IncomingMessage ? request.socket : assert.fail()));
  stalled.pause();
  stalled.send(`POST ${sessionAt("/stalled")}/xhr_streaming HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(await arrived, "close");
  assert.equal(server.endpoints[0]?.count, 0);
});

test("a request's session is told to a program that routes: what belongs to none, WebSockets too, has none", async (t) => {
  const server = await serve(t, { prefix: "/echo", onConnection: echo });
  const [endpoint] = server.endpoints;
  await server.post("/echo/0/known/xhr");
  for (const [method, url, target] of [
    ["POST", "/echo/0/known/xhr", { id: "known", opens: true, isHere: true }],
    ["POST", "/echo/9/new/xhr_streaming?t=1", { id: "new", opens: true, isHere: false }],
    ["POST", "/echo/0/known/xhr_send", { id: "known", opens: false, isHere: true }],
    ["POST", "/echo/0/new/goodbye", { id: "new", opens: false, isHere: false }],
    ["OPTIONS", "/echo/0/known/xhr", undefined],
    ["GET", "/echo/0/known/xhr", undefined],
    ["GET", "/echo/0/known/websocket", undefined],
    ["GET", "/echo/info", undefined],
    ["GET", "/other", undefined],
  ] as const) {
    const request = Object.assign(new IncomingMessage(new Socket()), { method, url });
    assert.deepEqual(endpoint?.sessionOf(request), target, `${method} ${url}`);
  }
});
