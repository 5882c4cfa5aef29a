import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { buffer, text } from "node:stream/consumers";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import type { WebSocket } from "../src/websocket.ts";
import { closed, listen, messages, openPair } from "./fixtures/pair.ts";
import { maskedFrame, rawUpgrade } from "./fixtures/raw-client.ts";
import { until } from "./fixtures/until.ts";

test("messages come as readables while they are still coming in, text and binary told apart", async (t) => {
  const { client, socket } = await openPair(t);
  client.send("心");
  client.send(Buffer.alloc(0));
  client.send("one ", { fin: false });
  client.send("two");
  client.close();
  const seen: unknown[] = [];
  for await (const message of socket.messageStreams()) seen.push([message.isBinary, await text(message)]);
  assert.deepEqual(seen, [
    [false, "心"],
    [true, ""],
    [false, "one two"],
  ]);
});

test("a message of 64 MiB is never kept whole, and its sender is held back while the reader is behind (R4)", async (t) => {
  const { client, socket } = await openPair(t, { maxPayload: 0 });
  const piece = randomBytes(65_536);
  const sent = createHash("sha256");
  let produced = 0;
  const sending = client.sendStream(
    (function* () {
      for (; produced < 1024; produced++) {
        sent.update(piece);
        yield piece;
      }
    })(),
  );
  const received = createHash("sha256");
  let most = 0;
  let bytes = 0;
  for await (const message of socket.messageStreams()) {
    for (let i = 0; i < 200; i++) await settle();
    assert.ok(produced < 1024, "the sender stands still");
    for await (const chunk of message) {
      received.update(chunk);
      bytes += chunk.length;
      most = Math.max(most, message.readableLength);
    }
    break;
  }
  await sending;
  assert.equal(bytes, 64 * 1024 * 1024);
  assert.equal(received.digest("hex"), sent.digest("hex"));
  assert.ok(most <= 65_536 * 2 + 65_536, `${most} bytes were kept`);
});

test("what is left of a message when the next one is asked for, or when it is destroyed, is left out", async (t) => {
  const { client, socket } = await openPair(t);
  for (const letter of ["a", "b", "c"]) client.send(letter.repeat(500_000));
  const seen: string[] = [];
  const streams = socket.messageStreams();
  const first = await streams.next();
  assert.ok(first.done !== true);
  const second = await streams.next();
  assert.ok(second.done !== true);
  for await (const piece of second.value) {
    seen.push(String(piece).slice(0, 1));
    break;
  }
  const third = await streams.next();
  assert.ok(third.done !== true);
  seen.push((await text(third.value)).slice(0, 1));
  assert.deepEqual(seen, ["b", "c"]);
});

test("leaving the loop gives later messages back to the event message", async (t) => {
  const { client, socket } = await openPair(t);
  client.send("a".repeat(100_000), { fin: false });
  for await (const message of socket.messageStreams()) {
    assert.ok(!message.isBinary);
    break;
  }
  const later = messages(socket, 1);
  client.send("rest of it");
  client.send("next");
  assert.deepEqual(await later, ["next"]);
});

test("a connection that ends in the middle of a message destroys its readable with an error, and ends the loop", async (t) => {
  const { server, port } = await listen(t);
  const sockets: WebSocket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  const raw = await rawUpgrade(t, port);
  const [socket] = sockets;
  assert.ok(socket);
  const streams = socket.messageStreams();
  raw.write(maskedFrame(2, "part", false));
  const { value: message } = await streams.next();
  assert.ok(message);
  const failed = once(message, "error");
  message.resume();
  raw.end();
  assert.match(String((await failed)[0]), /not complete/);
  assert.deepEqual(await streams.next(), { done: true, value: undefined });
  for await (const late of socket.messageStreams()) assert.fail(String(late.isBinary));
});

test("a protocol fault makes the loop throw (RFC 6455 §7.1.7)", async (t) => {
  const { server, port } = await listen(t);
  const sockets: WebSocket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  const raw = await rawUpgrade(t, port);
  const [socket] = sockets;
  assert.ok(socket);
  const streams = socket.messageStreams();
  const wanted = streams.next();
  await assert.rejects(async () => streams.next(), /asked for already/);
  raw.write(maskedFrame(1, Buffer.from([0xff])));
  const { value: message } = await wanted;
  assert.ok(message);
  await assert.rejects(buffer(message), { code: "WS_ERR_INVALID_UTF8" });
  await assert.rejects(async () => streams.next(), { code: "WS_ERR_INVALID_UTF8" });
});

test('H: accept: "text" closes with 1003 as soon as a binary message begins (RFC 6455 §7.4.1)', async (t) => {
  const { client, socket } = await openPair(t, { accept: "text" });
  const end = closed(client);
  client.send(Buffer.alloc(10), { fin: false });
  for await (const message of socket.messageStreams()) assert.fail(String(message.isBinary));
  assert.deepEqual(await end, [1003, "only text messages are accepted"]);
});

test("it is refused together with checks of whole messages", async (t) => {
  const { socket } = await openPair(t, { messageChecks: [() => undefined] });
  assert.throws(() => socket.messageStreams(), /messageChecks/);
});

test("what is read next does not change a piece that was kept", async (t) => {
  const { client, socket } = await openPair(t);
  const kept: Buffer[] = [];
  const reading = (async () => {
    for await (const message of socket.messageStreams()) for await (const piece of message) kept.push(piece);
  })();
  for (let i = 0; i < 10; i++) client.send(Buffer.alloc(20, i));
  await until(() => Buffer.concat(kept).length === 200);
  client.close();
  await reading;
  assert.deepEqual(Buffer.concat(kept), Buffer.concat(Array.from({ length: 10 }, (_, i) => Buffer.alloc(20, i))));
});

test("streams both ways go through compression: fragments deflated one by one, pieces inflated as they come (RFC 7692 §6.1)", async (t) => {
  const compress = { threshold: 0 };
  const { client, socket } = await openPair(t, { perMessageDeflate: compress, maxPayload: 0 }, { perMessageDeflate: compress });
  assert.equal(client.extensions, "permessage-deflate");
  const words = Array.from({ length: 50_000 }, (_, at) => `word ${at} 心 `);
  const sending = client.sendStream(words);
  for await (const message of socket.messageStreams()) {
    assert.equal(await text(message), words.join(""));
    break;
  }
  await sending;
});
