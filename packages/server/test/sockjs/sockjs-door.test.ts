import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import { openClient, startServer } from "../server-fixture.ts";
import { SockjsTalker } from "./sockjs-talker.ts";

const connect = { type: "connect", ref: 0, version: 1 };
const join = { type: "join", ref: 1, room: "lobby" };

for (const transport of ["xhr_streaming", "xhr"] as const) {
  test(`the hub's wire runs over SockJS (${transport}) as over a WebSocket, and both are in one room`, async (t) => {
    const { port, join: open } = await startServer(t);
    const ada = await open("Ada", "lobby");
    const bo = new SockjsTalker(`http://localhost:${port}/sockjs`, {}, transport);
    assert.equal(await bo.send({ ...connect, user: "Bo" }, join), 204);
    assert.equal((await bo.next("connected"))["user"], "Bo");
    await bo.next("joined");
    ada.send({ type: "publish", ref: 2, room: "lobby", data: "通知 🎉" });
    assert.equal((await bo.next("message"))["data"], "通知 🎉");
    await bo.send({ type: "publish", ref: 2, room: "lobby", data: "back", id: "1" });
    await ada.next("message");
    assert.equal((await ada.next("message"))["data"], "back");
    await bo.goodbye();
  });
}

test("its WebSocket, framed and raw, leads into the same hub", async (t) => {
  const { port } = await startServer(t);
  const raw = await openClient(`ws://localhost:${port}/sockjs/websocket`);
  raw.send({ ...connect, user: "Ada" });
  assert.equal((await raw.next("connected"))["user"], "Ada");
  const framed = new WebSocket(`ws://localhost:${port}/sockjs/000/x/websocket`);
  const frames: string[] = [];
  const answered = new Promise<void>((resolve) => {
    framed.on("message", (data: Buffer) => {
      frames.push(data.toString());
      if (frames[0] === "o" && frames.length === 1) framed.send(JSON.stringify([JSON.stringify({ ...connect, user: "Bo" })]));
      if (frames.length === 2) resolve();
    });
  });
  await answered;
  assert.equal(JSON.parse(JSON.parse(frames[1]?.slice(1) ?? "")[0]).user, "Bo");
  framed.terminate();
});

test("R14: a page of another site gets 403 before a session or an upgrade, and an allowed one its CORS fields", async (t) => {
  const { port, server } = await startServer(t, { allowedOrigins: ["https://chat.example"] });
  const ask = (path: string, origin: string): Promise<Response> =>
    fetch(`http://localhost:${port}/sockjs${path}`, { method: "POST", headers: { origin } });
  for (const origin of ["https://evil.example", "null", "https://chat.example.evil.example"]) {
    const refused = await ask("/0/a/xhr", origin);
    assert.equal(refused.status, 403, origin);
    assert.equal(((await refused.json()) as { code: string }).code, "origin-not-allowed");
    await assert.rejects(openClient(`ws://localhost:${port}/sockjs/0/a/websocket`, [], { origin }), /403/);
  }
  assert.equal(server.hub.stats().connections, 0);
  const allowed = await ask("/0/a/xhr", "https://chat.example");
  assert.deepEqual([allowed.status, allowed.headers.get("access-control-allow-origin")], [200, "https://chat.example"]);
});

test("R14: scripts and frames of another site, which send no Origin, open nothing; those of an allowed page do", async (t) => {
  const { port } = await startServer(t, { allowedOrigins: ["https://chat.example"] });
  let count = 0;
  const ask = async (path: string, headers: Record<string, string>): Promise<number> => {
    const abort = new AbortController();
    const { status } = await fetch(`http://localhost:${port}/sockjs/0/${count++}/${path}?c=cb`, { headers, signal: abort.signal });
    abort.abort();
    return status;
  };
  for (const path of ["jsonp", "htmlfile"]) {
    assert.equal(await ask(path, { "sec-fetch-site": "cross-site", referer: "https://evil.example/" }), 403);
    assert.equal(await ask(path, { "sec-fetch-site": "same-site" }), 403);
    assert.equal(await ask(path, { "sec-fetch-site": "cross-site", referer: "https://chat.example/x" }), 200);
    assert.equal(await ask(path, { "sec-fetch-site": "same-origin" }), 200);
    assert.equal(await ask(path, {}), 200);
  }
});

test("there is no iframe page: no script of another site runs in the hub's name", async (t) => {
  const { port } = await startServer(t);
  assert.equal((await fetch(`http://localhost:${port}/sockjs/iframe.html`)).status, 404);
});

test("a Host that is not served here is refused, as everywhere", async (t) => {
  const { raw } = await startServer(t);
  const socket = await raw("GET /sockjs/info HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
  const [chunk] = await new Promise<Buffer[]>((resolve) => socket.once("data", (data) => resolve([data])));
  assert.match(String(chunk), /^HTTP\/1\.1 421 /);
});

test("R16: sessions count as connections: over the cap 503 with the time to come again, free again after a goodbye", async (t) => {
  const { port } = await startServer(t, { limits: { connections: 1 } });
  const base = `http://localhost:${port}/sockjs`;
  const first = new SockjsTalker(base);
  await first.send(connect);
  await first.next("connected");
  const refused = await fetch(`${base}/0/second/xhr`, { method: "POST" });
  assert.equal(refused.status, 503);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  await assert.rejects(openClient(`ws://localhost:${port}/hub`), /503/);
  await first.goodbye();
  while ((await fetch(`${base}/0/third/xhr`, { method: "POST" })).status !== 200) await new Promise((resolve) => setTimeout(resolve, 10));
});

test("who may come in is asked with the first request, or the first message (R13)", async (t) => {
  const { port } = await startServer(t, {
    authenticate: ({ token }) => (token === "good" ? { user: "Ann" } : token === undefined ? undefined : false),
  });
  const base = `http://localhost:${port}/sockjs`;
  const byHeader = new SockjsTalker(base, { authorization: "Bearer good" });
  await byHeader.send(connect);
  assert.equal((await byHeader.next("connected"))["user"], "Ann");
  const byMessage = new SockjsTalker(base);
  await byMessage.send({ ...connect, token: "good" });
  assert.equal((await byMessage.next("connected"))["user"], "Ann");
  assert.match((await new SockjsTalker(base, { authorization: "Bearer bad" }).ended).reason, /^401 .*unauthorized/);
  const nobody = new SockjsTalker(base);
  await nobody.send(connect);
  assert.ok((await nobody.ended).code >= 1000);
});

test("R3, contract 8: a SockJS reader that stops is bounded by its cap and let go, and the others get everything meanwhile", async (t) => {
  const { port, server, join: open, raw } = await startServer(t);
  const stalled = await raw("POST /sockjs/000/slow/xhr_streaming HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  await new Promise((resolve) => stalled.once("data", resolve));
  const body = JSON.stringify([connect, join].map((message) => JSON.stringify(message)));
  assert.equal((await fetch(`http://localhost:${port}/sockjs/000/slow/xhr_send`, { method: "POST", body })).status, 204);
  stalled.pause();
  const other = await open("Ada", "lobby");
  let sent = 0;
  while (server.hub.connectionCount > 1 && sent < 2000) {
    await server.hub.publish("lobby", { data: [sent++, "x".repeat(60_000)] });
    assert.equal(((await other.next("message"))["data"] as [number])[0], sent - 1);
    assert.ok(server.hub.queuedBytes < 1_200_000, "the queue is bounded");
  }
  assert.ok(sent < 2000);
  // Its stream has ended at the response limit: it is told with its next request, after what lay below the hub.
  const poll = async (): Promise<string> => await (await fetch(`http://localhost:${port}/sockjs/000/slow/xhr`, { method: "POST" })).text();
  let frame = await poll();
  while (frame.startsWith("a")) frame = await poll();
  assert.equal(frame, 'c[4503,"too-slow"]\n');
  stalled.destroy();
});

test("R3: a SockJS reader that stops for a while gets everything in order afterwards", async (t) => {
  const { port, server } = await startServer(t);
  const talker = new SockjsTalker(`http://localhost:${port}/sockjs`, {}, "xhr");
  await talker.send(connect, join);
  await talker.next("joined");
  for (let sent = 0; sent < 10; sent++) await server.hub.publish("lobby", { data: [sent, "x".repeat(60_000)] });
  for (let index = 0; index < 10; index++) assert.equal(((await talker.next("message"))["data"] as [number])[0], index);
});

test("R3: a reader over SockJS's WebSocket that stops for a while gets everything in order afterwards", async (t) => {
  const { port, server } = await startServer(t);
  const socket = new WebSocket(`ws://localhost:${port}/sockjs/000/x/websocket`, { perMessageDeflate: false });
  const got: unknown[] = [];
  let wake = (): void => undefined;
  socket.on("message", (data: Buffer) => {
    const frame = data.toString();
    if (frame === "o") socket.send(JSON.stringify([connect, join].map((message) => JSON.stringify(message))));
    if (!frame.startsWith("a")) return;
    for (const text of JSON.parse(frame.slice(1))) {
      const message = JSON.parse(text);
      if (message.type === "message") got.push(message.data[0]);
      if (message.type === "joined" || message.type === "message") wake();
    }
  });
  await new Promise<void>((resolve) => {
    wake = resolve;
  });
  socket.pause();
  let sent = 0;
  while (server.hub.queuedBytes < 200_000) {
    await server.hub.publish("lobby", { data: [sent++, "x".repeat(60_000)] });
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.resume();
  while (got.length < sent)
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  assert.deepEqual(
    got,
    Array.from({ length: sent }, (_, index) => index),
  );
  assert.equal(server.hub.queuedBytes, 0);
  socket.terminate();
});

test("a server that ends tells its SockJS clients 1001, and is closed in time (R8)", async (t) => {
  const { port, server } = await startServer(t);
  const base = `http://localhost:${port}/sockjs`;
  const stream = new SockjsTalker(base);
  // Between two polls it cannot be told, and holds nobody up.
  const poll = new SockjsTalker(base, {}, "xhr");
  for (const talker of [stream, poll]) {
    await talker.send(connect);
    await talker.next("connected");
  }
  const from = performance.now();
  await server.close({ graceMs: 5_000 });
  assert.ok(performance.now() - from < 4_000, "nothing waits for the deadline");
  assert.equal((await stream.ended).code, 1001);
  assert.ok([1001, 0].includes((await poll.ended).code));
});

test("--sockjs off: there is nothing; --sockjs-path and --base-path say where it is", async (t) => {
  const off = await startServer(t, { sockjs: { serve: "off" } });
  assert.equal((await fetch(`http://localhost:${off.port}/sockjs/info`)).status, 404);
  const moved = await startServer(t, { basePath: "/wsapp/", sockjs: { path: "door" } });
  assert.equal(await (await fetch(`http://localhost:${moved.port}/wsapp/door`)).text(), "Welcome to SockJS!\n");
});

test("S: --sockjs-reply-ms closes a client that does not answer heartbeats", async (t) => {
  const { port } = await startServer(t, { sockjs: { replyMs: 200 }, heartbeat: { intervalMs: 1000 } });
  const talker = new SockjsTalker(`http://localhost:${port}/sockjs`);
  await talker.send(connect);
  assert.deepEqual(await talker.ended, { code: 3000, reason: "No response from heartbeat" });
});
