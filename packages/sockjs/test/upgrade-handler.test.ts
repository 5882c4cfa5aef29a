import assert from "node:assert/strict";
import { test } from "node:test";
import { echo, serve, sessionAt } from "./sockjs-fixture.ts";

const handshake = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

test("a reset during a refused upgrade harms nobody (facts §12)", async (t) => {
  const server = await serve(t, {
    prefix: "/echo",
    admit: async ({ headers }) => {
      await new Promise(setImmediate);
      return headers["x-in"] === undefined ? { ok: false, status: 403 } : { ok: true };
    },
    onConnection: echo,
  });
  for (const headers of [{ ...handshake, "Sec-WebSocket-Version": "7", "X-In": "1" }, handshake, { ...handshake, "X-In": "1" }])
    for (const path of ["/echo/websocket", `${sessionAt("/echo")}/websocket`]) {
      const connection = server.raw();
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const arrived = new Promise((resolve) => server.http.once("upgrade", resolve));
      connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n${lines.join("")}\r\n`);
      await arrived;
      connection.reset();
    }
  assert.equal((await server.ask("/echo")).status, 200);
});

test("admit's refusal is an ordinary response, so that clients fall back (facts §11)", async (t) => {
  const server = await serve(t, {
    prefix: "/echo",
    admit: () => ({ ok: false, status: 401, body: "who?", headers: { "WWW-Authenticate": "Bearer" } }),
    onConnection: echo,
  });
  const answer = await server.ask("/echo/websocket", { headers: handshake });
  assert.deepEqual([answer.status, answer.body, answer.fields.get("www-authenticate")], [401, "who?", "Bearer"]);
});

test("over the limit of sessions a WebSocket is 503, and there is room again when one has gone", async (t) => {
  const server = await serve(t, { prefix: "/echo", max_sessions: 1, onConnection: echo });
  const first = server.socket("/echo/websocket");
  await new Promise((resolve) => first.socket.on("open", resolve));
  assert.equal((await server.ask("/echo/websocket", { headers: handshake })).status, 503);
  first.socket.close();
  await first.closed;
  while ((server.endpoints[0]?.count ?? 0) > 0) await new Promise(setImmediate);
  const second = server.socket(`${sessionAt("/echo")}/websocket`);
  assert.equal(await second.next(), "o");
});

test("an upgrade to something else, or elsewhere, is answered as if it had not been asked for", async (t) => {
  const server = await serve(t, { prefix: "/echo", onConnection: echo });
  const h2c = { Connection: "Upgrade", Upgrade: "h2c" };
  assert.equal((await server.ask("/echo", { headers: h2c })).body, "Welcome to SockJS!\n");
  assert.equal((await server.ask("/echo/nothing", { headers: handshake })).status, 404);
});

test("a message over the limit closes the WebSocket with 1009, a binary one with 1003 (facts §12)", async (t) => {
  const server = await serve(t, { prefix: "/echo", max_body_bytes: 10, onConnection: echo });
  for (const [data, code] of [
    ["x".repeat(11), 1009],
    [Buffer.from("x"), 1003],
  ] as const) {
    const talker = server.socket(`${sessionAt("/echo")}/websocket`);
    assert.equal(await talker.next(), "o");
    talker.socket.send(data);
    assert.equal((await talker.closed).code, code);
  }
});

test("the application hears the code with which a client closed its WebSocket", async (t) => {
  const closes: unknown[] = [];
  const server = await serve(t, {
    prefix: "/echo",
    onConnection: (connection) => connection.on("close", (code, reason) => closes.push([connection.protocol, code, reason])),
  });
  for (const path of ["/echo/websocket", `${sessionAt("/echo")}/websocket`]) {
    const talker = server.socket(path);
    await new Promise((resolve) => talker.socket.on("open", resolve));
    talker.socket.close(3001, "bye");
    await talker.closed;
  }
  while (closes.length < 2) await new Promise(setImmediate);
  assert.deepEqual(closes, [
    ["websocket-raw", 3001, "bye"],
    ["websocket", 3001, "bye"],
  ]);
});

test("a string by itself is one message; U: whatever its script", async (t) => {
  const server = await serve(t, { prefix: "/echo", onConnection: echo });
  const talker = server.socket(`${sessionAt("/echo")}/websocket`);
  assert.equal(await talker.next(), "o");
  talker.socket.send(JSON.stringify("通知 🎉 e\u0301"));
  assert.deepEqual(JSON.parse((await talker.next()).slice(1)), ["通知 🎉 e\u0301"]);
});

test("what admit gave is released once, whether the connection was, ended or never began", async (t) => {
  const told: ("admitted" | "released")[] = [];
  const count = (what: string): number => told.filter((one) => one === what).length;
  const server = await serve(t, {
    prefix: "/echo",
    disconnect_delay: 20,
    admit: async () => {
      told.push("admitted");
      await new Promise(setImmediate);
      return { ok: true, release: () => void told.push("released") };
    },
    onConnection: echo,
  });
  const talker = server.socket(`${sessionAt("/echo")}/websocket`);
  assert.equal(await talker.next(), "o");
  talker.socket.close();
  await server.post(`${sessionAt("/echo")}/xhr`);
  for (const [event, path, headers] of [
    ["upgrade", "/echo/websocket", handshake],
    ["request", `${sessionAt("/echo")}/eventsource`, {}],
  ] as const) {
    const connection = server.raw();
    const arrived = new Promise((resolve) => server.http.once(event, resolve));
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n${lines.join("")}\r\n`);
    await arrived;
    connection.reset();
  }
  while (count("released") < 4) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(count("admitted"), 4);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(count("released"), 4);
});
