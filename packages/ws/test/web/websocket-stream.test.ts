import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "../../src/web/websocket.ts";
import { WebSocketStream } from "../../src/web/websocket-stream.ts";
import { listen } from "../fixtures/pair.ts";
import { until } from "../fixtures/until.ts";

test("who does not read holds the server back: what is unread stays bounded (WebSockets Standard §4)", { timeout: 30_000 }, async (t) => {
  const { server, url } = await listen(t);
  const message = Buffer.alloc(1 << 20, "x");
  let sent = 0;
  server.on("connection", (socket) => {
    const fill = (): void => {
      if (sent >= 200) return socket.close(1000);
      sent++;
      socket.send(message, () => fill());
    };
    fill();
  });
  const stream = new WebSocketStream(url);
  const { readable } = await stream.opened;
  let before = -1;
  await until(() => {
    const isStill = before === sent;
    before = sent;
    return isStill && sent > 0;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(sent < 100, `${sent} MiB were taken although nobody reads`);
  let count = 0;
  for await (const chunk of readable) count += chunk.length >> 20;
  assert.equal(count, 200);
  assert.deepEqual(await stream.closed, { closeCode: 1000, reason: "" });
});

test("writes wait for a peer that does not read, and arrive once it does (WebSockets Standard §4)", { timeout: 30_000 }, async (t) => {
  const { server, url } = await listen(t);
  let received = 0;
  server.on("connection", (socket) => {
    socket.pause();
    socket.on("message", () => received++);
  });
  const stream = new WebSocketStream(url);
  const { writable } = await stream.opened;
  const writer = writable.getWriter();
  let written = 0;
  const writing = Array.from({ length: 40 }, async () => {
    await writer.write(new Uint8Array(1 << 20));
    written++;
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(written < 40, `${written} of 40 MiB are written`);
  for (const socket of server.clients) socket.resume();
  await Promise.all(writing);
  await writer.close();
  assert.equal(received, 40);
  assert.equal((await stream.closed).closeCode, 1005);
});

test("what was not written when the peer began to close makes the end unclean, with the peer's code (WebSockets Standard §4)", {
  timeout: 30_000,
}, async (t) => {
  const { server, url } = await listen(t);
  const stream = new WebSocketStream(url);
  const { readable, writable } = await stream.opened;
  await until(() => server.clients.size === 1);
  for (const socket of server.clients) socket.pause();
  const writing = writable.getWriter().write(new Uint8Array(64 << 20));
  for (const socket of server.clients) socket.close(4567, "enough");
  setTimeout(() => {
    for (const socket of server.clients) socket.resume();
  }, 100);
  const end = { name: "WebSocketError", closeCode: 4567, reason: "enough" };
  await assert.rejects(writing, end);
  await assert.rejects(stream.closed, end);
  await assert.rejects(readable.getReader().read(), end);
});

test("`await using` closes with a closing handshake and waits for its end, also of one that never opened", async (t) => {
  const { server, url } = await listen(t);
  const codes: number[] = [];
  server.on("connection", (socket) => socket.on("close", (code) => codes.push(code)));
  const stream = new WebSocketStream(url);
  await stream.opened;
  await stream[Symbol.asyncDispose]();
  assert.equal((await stream.closed).closeCode, 1005);
  const socket = new WebSocket(url);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  await socket[Symbol.asyncDispose]();
  await socket[Symbol.asyncDispose]();
  assert.equal(socket.readyState, 3);
  await until(() => codes.length === 2);
  assert.deepEqual(codes, [1005, 1005]);
  for (const failed of [new WebSocketStream("ws://127.0.0.1:1/"), new WebSocket("ws://127.0.0.1:1/")]) await failed[Symbol.asyncDispose]();
});

test("a rejected `opened` that nobody looks at is no unhandled rejection", async () => {
  const stream = new WebSocketStream("ws://127.0.0.1:1/");
  await assert.rejects(stream.closed, { name: "WebSocketError", closeCode: 1006 });
});

test("close() is heard whenever it comes, also between the handshake and the task that opens (WebSockets Standard §4)", {
  timeout: 20_000,
}, async (t) => {
  const { url } = await listen(t);
  for (let turns = 0; turns < 30; turns++) {
    const stream = new WebSocketStream(url);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    stream.close();
    await stream.closed.catch(() => undefined);
  }
});
