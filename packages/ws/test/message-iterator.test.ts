import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import type { WebSocket } from "../src/websocket.ts";
import { listen, messages, openPair, textOf } from "./fixtures/pair.ts";
import { maskedFrame, rawUpgrade } from "./fixtures/raw-client.ts";
import { until } from "./fixtures/until.ts";

test("for await gives every message in order: text as a string, binary as binaryType says; it ends with the connection", async (t) => {
  const { client, socket } = await openPair(t);
  client.send("心");
  client.send(Buffer.from("b"));
  client.send("");
  client.close(1000);
  const seen: unknown[] = [];
  for await (const message of socket) seen.push(message);
  assert.deepEqual(seen, ["心", Buffer.from("b"), ""]);
  assert.equal(socket.readyState, 3);
  for await (const message of socket) assert.fail(String(message));
});

test("reading stands still while the loop works: one message at a time, and the sender is held back (R4)", async (t) => {
  const { client, socket } = await openPair(t, {}, { highWaterBytes: 1000, lowWaterBytes: 0 });
  let emitted = 0;
  socket.on("message", () => emitted++);
  for (let i = 0; i < 2000; i++) client.send(Buffer.alloc(30_000));
  let taken = 0;
  for await (const message of socket) {
    assert.ok(message);
    taken++;
    if (taken === 1) for (let i = 0; i < 50; i++) await settle();
    assert.equal(emitted, taken);
    if (taken === 20) break;
  }
  assert.ok(client.bufferedAmount > 0);
});

test("leaving the loop loses nothing: a second loop, or a listener, goes on with the next message", async (t) => {
  const { client, socket } = await openPair(t);
  for (const text of ["hello", "a", "b", "c"]) client.send(text);
  const seen: unknown[] = [];
  for await (const message of socket) {
    seen.push(message);
    break;
  }
  for await (const message of socket) if (seen.push(message) === 3) break;
  socket.on("message", (data) => seen.push(textOf(data)));
  await until(() => seen.length === 4);
  assert.deepEqual(seen, ["hello", "a", "b", "c"]);
  const reply = messages(socket, 1);
  client.send("still open");
  assert.deepEqual(await reply, ["still open"]);
});

test("what had been read when the transport was lost still comes before the loop ends", async (t) => {
  const { server, port } = await listen(t);
  const sockets: WebSocket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  const raw = await rawUpgrade(t, port);
  const [socket] = sockets;
  assert.ok(socket);
  const loop = socket[Symbol.asyncIterator]();
  raw.write(Buffer.concat([maskedFrame(1, "a"), maskedFrame(1, "b"), maskedFrame(1, "c")]));
  assert.deepEqual(await loop.next(), { done: false, value: "a" });
  raw.end();
  assert.deepEqual(await loop.next(), { done: false, value: "b" });
  assert.deepEqual(await loop.next(), { done: false, value: "c" });
  assert.deepEqual(await loop.next(), { done: true, value: undefined });
});

test("a connection that failed makes the loop throw, once, with the reason; no listener for error is needed", async (t) => {
  const { server, port } = await listen(t);
  const sockets: WebSocket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  const raw = await rawUpgrade(t, port);
  raw.write(Buffer.from([0x81, 0x01, 0x61]));
  const [socket] = sockets;
  assert.ok(socket);
  await assert.rejects(
    async () => {
      for await (const message of socket) assert.fail(String(message));
    },
    { code: "WS_ERR_EXPECTED_MASK" },
  );
});

test("several next() at once are answered in order", async (t) => {
  const { client, socket } = await openPair(t);
  const loop = socket[Symbol.asyncIterator]();
  const wanted = [loop.next(), loop.next(), loop.next()];
  client.send("a");
  client.send("b");
  client.close();
  const results = await Promise.all(wanted);
  assert.deepEqual(
    results.map(({ value }) => value),
    ["a", "b", undefined],
  );
  assert.deepEqual(await loop.return(), { done: true, value: undefined });
});

test("the user's own pause() and resume() go with it", async (t) => {
  const { client, socket } = await openPair(t);
  const loop = socket[Symbol.asyncIterator]();
  socket.pause();
  socket.pause();
  client.send("a");
  const wanted = loop.next();
  for (let i = 0; i < 20; i++) await settle();
  assert.equal(await Promise.race([wanted, settle()]), undefined);
  socket.resume();
  assert.deepEqual(await wanted, { done: false, value: "a" });
});
