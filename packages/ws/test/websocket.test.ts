import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { WebSocket } from "../src/websocket.ts";
import { closed, listen, messages, openPair, textOf } from "./fixtures/pair.ts";
import { maskedFrame, rawUpgrade } from "./fixtures/raw-client.ts";
import { nextUncaught } from "./fixtures/uncaught.ts";
import { until } from "./fixtures/until.ts";

test("the states have their numbers on the class and on the socket", () => {
  const names = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const;
  assert.deepEqual(
    names.map((name) => WebSocket[name]),
    [0, 1, 2, 3],
  );
  assert.deepEqual(
    names.map((name) => new WebSocket(null)[name]),
    [0, 1, 2, 3],
  );
});

test("events come in order: upgrade, open, message, close; the state goes with them", async (t) => {
  const { server, url } = await listen(t);
  server.on("connection", (socket) => {
    socket.send("hello");
    socket.close(1000, "bye");
  });
  const client = new WebSocket(url);
  const order: string[] = [`made ${client.readyState}`];
  for (const name of ["upgrade", "open", "message", "close"] as const) client.on(name, () => order.push(`${name} ${client.readyState}`));
  await once(client, "close");
  assert.deepEqual(order, ["made 0", "upgrade 0", "open 1", "message 1", "close 3"]);
  assert.equal(client.url, `${url}/`);
});

const payloads = [
  ["empty text", ""],
  ["text", "Grüße, 世界 👋"],
  ["empty binary", Buffer.alloc(0)],
  ["125 bytes", Buffer.alloc(125, 1)],
  ["126 bytes", Buffer.alloc(126, 2)],
  ["65,536 bytes", Buffer.alloc(65_536, 3)],
  ["1 MiB", Buffer.alloc(1 << 20, "openline")],
  ["1 MiB of text", "é".repeat(1 << 19)],
] as const;

for (const [name, payload] of payloads) {
  test(`${name} is echoed unchanged`, async (t) => {
    const { client, socket } = await openPair(t);
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    client.send(payload);
    assert.deepEqual(await messages(client, 1), [payload]);
  });
}

const kinds = [
  ["a typed array", new Uint16Array([1, 2]), Buffer.from([1, 0, 2, 0])],
  ["an ArrayBuffer", new Uint8Array([1, 2]).buffer, Buffer.from([1, 2])],
  ["a DataView", new DataView(new ArrayBuffer(2)), Buffer.from([0, 0])],
  ["an array of numbers", [7, 8], Buffer.from([7, 8])],
  ["a number, as text", 42, "42"],
] as const;

for (const [name, data, expected] of kinds) {
  test(`send takes ${name}`, async (t) => {
    const { client, socket } = await openPair(t);
    client.send(data);
    assert.deepEqual(await messages(socket, 1), [expected]);
  });
}

test("binary: true sends a string as a binary message, binary: false a buffer as text", async (t) => {
  const { client, socket } = await openPair(t);
  client.send("text", { binary: true });
  client.send(Buffer.from("bytes"), { binary: false });
  assert.deepEqual(await messages(socket, 2), [Buffer.from("text"), "bytes"]);
});

test("C: sends with fin: false are fragments of one message, and a ping may come between (RFC 6455 §5.4)", async (t) => {
  const { client, socket } = await openPair(t);
  const pinged = once(socket, "ping");
  const answered = once(client, "pong");
  client.send("and a", { fin: false });
  client.ping("between");
  client.send("happy new", { fin: false });
  client.send("year!", { fin: true });
  client.send("whole");
  assert.deepEqual(await messages(socket, 2), ["and ahappy newyear!", "whole"]);
  assert.equal(String((await pinged)[0]), "between");
  assert.equal(String((await answered)[0]), "between");
});

test("C: raw frames of a client: hello, then one message in three fragments with a ping between (RFC 6455 §5.4, §5.5.2)", async (t) => {
  const { server, port } = await listen(t);
  const connection = once(server, "connection");
  const raw = await rawUpgrade(t, port);
  const [socket] = (await connection) as [WebSocket];
  const received = messages(socket, 2);
  const chunks: Buffer[] = [];
  raw.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.once("message", (data) => socket.send(`answer to ${textOf(data)}`));
  raw.write(Buffer.concat([maskedFrame(1, "hello"), maskedFrame(1, "and a", false)]));
  raw.write(Buffer.concat([maskedFrame(0, "happy new", false), maskedFrame(9, "p"), maskedFrame(0, "year!")]));
  assert.deepEqual(await received, ["hello", "and ahappy newyear!"]);
  await until(() => Buffer.concat(chunks).toString("latin1") === "\x81\x0fanswer to hello\x8a\x01p");
});

test("many sends of one turn reach the peer's socket in one piece", async (t) => {
  const { server, port } = await listen(t);
  const connection = once(server, "connection");
  const raw = await rawUpgrade(t, port);
  const [socket] = (await connection) as [WebSocket];
  const chunks: Buffer[] = [];
  raw.on("data", (chunk: Buffer) => chunks.push(chunk));
  // oxlint-disable-next-line no-underscore-dangle -- the name that ws gave it
  const stream = socket._socket as Socket;
  const before = stream.bytesWritten;
  for (let i = 0; i < 200; i++) socket.send("x");
  process.nextTick(() => socket.send("tick"));
  queueMicrotask(() => socket.send("job"));
  assert.equal(stream.bytesWritten, before);
  await until(() => Buffer.concat(chunks).length === 200 * 3 + 6 + 5);
  assert.equal(chunks.length, 1);
});

test("a throw in a message handler is the process's uncaught exception; the messages behind it and later ones still come", async (t) => {
  const { client, socket } = await openPair(t);
  const seen: string[] = [];
  socket.on("message", (data) => {
    seen.push(textOf(data));
    socket.send(`got ${seen.length}`);
    if (seen.length === 1) throw new Error("the handler's fault");
  });
  const thrown = nextUncaught();
  const answers = messages(client, 4);
  for (const text of ["a", "b", "c"]) client.send(text);
  assert.match((await thrown).message, /the handler's fault/);
  client.send("d");
  assert.deepEqual(await answers, ["got 1", "got 2", "got 3", "got 4"]);
  assert.deepEqual(seen, ["a", "b", "c", "d"]);
});

test("a throw loses nothing of what several reads of the same turn brought", async (t) => {
  const { client, socket } = await openPair(t);
  const seen: number[] = [];
  socket.on("message", (data) => {
    seen.push(Number(textOf(data).slice(0, 6)));
    if (seen.length === 2) throw new Error("the handler's fault");
  });
  const thrown = nextUncaught();
  for (let i = 0; i < 3000; i++) client.send(String(i).padStart(6, "0").padEnd(200, "."));
  await thrown;
  await until(() => seen.length === 3000);
  assert.deepEqual(
    seen,
    Array.from({ length: 3000 }, (_, i) => i),
  );
});

const closes = [
  ["no code is seen as 1005", [], 1005, ""],
  ["1000 with a reason", [1000, "done"], 1000, "done"],
  ["1001", [1001], 1001, ""],
  ["1003", [1003, "text only"], 1003, "text only"],
  ["1011", [1011], 1011, ""],
  ["3000", [3000], 3000, ""],
  ["4999 with 123 bytes", [4999, "é".repeat(61).concat("x")], 4999, "é".repeat(61).concat("x")],
] as const;

for (const [name, args, code, reason] of closes) {
  for (const from of ["client", "server"] as const) {
    test(`H: closing by the ${from}: ${name} (RFC 6455 §7.1.5, §7.4.1)`, async (t) => {
      const { client, socket } = await openPair(t);
      const both = Promise.all([closed(client), closed(socket)]);
      const [near, far] = from === "client" ? [client, socket] : [socket, client];
      near.close(args[0], args[1]);
      assert.equal(near.readyState, WebSocket.CLOSING);
      await both;
      assert.deepEqual((await both)[from === "client" ? 1 : 0], [code, reason]);
      assert.equal((await both)[from === "client" ? 0 : 1][0], code);
      assert.deepEqual([near.wasClean, far.wasClean], [true, true]);
    });
  }
}

test("a close code that may not be sent, and a reason that is too long, are thrown at the caller and close nothing (RFC 6455 §7.4)", async (t) => {
  const { client } = await openPair(t);
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
    assert.throws(() => client.close(code), { name: "TypeError", code: "USAGE_CLOSE_CODE" }, String(code));
  assert.throws(() => client.close(1000, "x".repeat(124)), /123/);
  assert.equal(client.readyState, WebSocket.OPEN);
});

test("H: a lost connection is seen as 1006 on both ends, and terminate() does that (RFC 6455 §7.1.5)", async (t) => {
  const { client, socket } = await openPair(t);
  const both = Promise.all([closed(client), closed(socket)]);
  client.terminate();
  assert.equal(client.readyState, WebSocket.CLOSING);
  assert.deepEqual(await both, [
    [1006, ""],
    [1006, ""],
  ]);
  assert.equal(client.readyState, WebSocket.CLOSED);
});

test("H: 1009 comes of a message over maxPayload, 1007 of text that is not UTF-8, 1002 of an unmasked frame", async (t) => {
  const rows = [
    [Buffer.concat([Buffer.from([0x82, 0xfe, 0x04, 0x01]), Buffer.alloc(4)]), 1009, "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
    [maskedFrame(1, Buffer.from([0xc0])), 1007, "WS_ERR_INVALID_UTF8"],
    [Buffer.from([0x81, 0x01, 0x41]), 1002, "WS_ERR_EXPECTED_MASK"],
  ] as const;
  const { server, port } = await listen(t, { maxPayload: 1024 });
  for (const [bytes, code, name] of rows) {
    const connection = once(server, "connection");
    const raw = await rawUpgrade(t, port);
    const [socket] = (await connection) as [WebSocket];
    const failed = once(socket, "error");
    const end = closed(socket);
    const answer = once(raw, "data");
    raw.write(bytes);
    assert.equal(((await answer)[0] as Buffer).readUInt16BE(2), code);
    raw.end();
    assert.equal(((await failed)[0] as { code: string }).code, name);
    assert.equal((await end)[0], 1006);
  }
});

test("sending while CONNECTING throws; after the end the callback gets an error and nothing is thrown (R23)", async (t) => {
  const { url } = await listen(t);
  const client = new WebSocket(url);
  assert.throws(() => client.send("x"), /readyState 0 \(CONNECTING\)/);
  assert.throws(() => client.ping(), /CONNECTING/);
  await assert.rejects(client.sendAsync("x"), /CONNECTING/);
  await once(client, "open");
  client.close();
  await once(client, "close");
  const errors: (string | undefined)[] = [];
  assert.equal(
    client.send("abc", (error) => errors.push(error?.message)),
    false,
  );
  client.ping("ab", false, (error) => errors.push(error?.message));
  client.pong((error?: Error) => errors.push(error?.message));
  await assert.rejects(client.sendAsync("x"), /readyState 3 \(CLOSED\)/);
  assert.deepEqual(errors, Array(3).fill("WebSocket is not open: readyState 3 (CLOSED)"));
  assert.equal(client.bufferedAmount, 6);
  client.close();
  client.terminate();
  client.pause();
  client.resume();
});

test("sendAsync resolves when the kernel took the message, the callback of send too", async (t) => {
  const { client, socket } = await openPair(t);
  const received = messages(socket, 2);
  const order: string[] = [];
  client.send("first", () => order.push("callback"));
  assert.ok(client.bufferedAmount > 0);
  await client.sendAsync("second");
  assert.deepEqual(order, ["callback"]);
  assert.equal(client.bufferedAmount, 0);
  assert.deepEqual(await received, ["first", "second"]);
});

test("a ping over 125 bytes is thrown at the caller (RFC 6455 §5.5)", async (t) => {
  const { client } = await openPair(t);
  assert.throws(() => client.ping(Buffer.alloc(126)), /125/);
});

test("_autoPong is the option, and changes for the pings that come from then on", async (t) => {
  const { client, socket } = await openPair(t, { autoPong: false });
  assert.deepEqual([socket._autoPong, client._autoPong], [false, true]);
  const pongs: string[] = [];
  client.on("pong", (data) => pongs.push(String(data)));
  for (const answers of [false, true, false, true]) {
    const pinged = once(socket, "ping");
    socket._autoPong = answers;
    client.ping(`${answers} ${pongs.length}`);
    await pinged;
    if (answers) await once(client, "pong");
  }
  assert.deepEqual(pongs, ["true 0", "true 1"]);
});

test("with autoPong: false pings are not answered", async (t) => {
  const { client, socket } = await openPair(t, { autoPong: false });
  client.on("pong", (data) => assert.equal(String(data), "by hand"));
  client.ping("by machine");
  await once(socket, "ping");
  const answered = once(client, "pong");
  socket.pong("by hand");
  await answered;
});

test("pause() holds messages back, resume() gives them, nothing is lost", async (t) => {
  const { client, socket } = await openPair(t);
  const seen: string[] = [];
  socket.on("message", (data) => {
    seen.push(textOf(data));
    if (seen.length === 1) socket.pause();
  });
  for (const text of ["1", "2", "3"]) client.send(text);
  await until(() => seen.length > 0);
  for (let i = 0; i < 10; i++) await settle();
  assert.deepEqual(seen, ["1"]);
  assert.ok(socket.isPaused);
  socket.resume();
  await until(() => seen.length === 3);
  assert.ok(!socket.isPaused);
});

test("a reader that stands still makes send answer false and fills no memory beyond what was sent; drain comes when it reads (R3)", async (t) => {
  const { server, port } = await listen(t, { highWaterBytes: 256 * 1024 });
  const connection = once(server, "connection");
  const raw = await rawUpgrade(t, port);
  raw.pause();
  const [socket] = (await connection) as [WebSocket];
  const block = Buffer.alloc(64 * 1024);
  let sent = 0;
  let isDrained = false;
  socket.on("drain", () => {
    isDrained = true;
  });
  while (socket.send(block)) {
    sent++;
    await settle();
    assert.ok(sent < 2000, "the kernel took more than 125 MB");
  }
  assert.ok(socket.bufferedAmount > 256 * 1024 && socket.bufferedAmount < 512 * 1024);
  for (let i = 0; i < 10; i++) await settle();
  assert.ok(!isDrained);
  raw.resume();
  await until(() => isDrained);
  assert.ok(socket.bufferedAmount <= 64 * 1024);
});

test("binaryType can be changed at any time; an unknown one is ignored", async (t) => {
  const { client, socket } = await openPair(t);
  socket.binaryType = "arraybuffer";
  client.send(Buffer.from("a"));
  const [first] = (await once(socket, "message")) as [unknown];
  assert.ok(first instanceof ArrayBuffer && first.byteLength === 1);
  socket.binaryType = "fragments";
  socket.binaryType = "nonsense" as "blob";
  assert.equal(socket.binaryType, "fragments");
  client.send(Buffer.from("bc"), { fin: false });
  client.send(Buffer.from("d"));
  const [second] = (await once(socket, "message")) as [Buffer[]];
  assert.deepEqual(second.map(String), ["bc", "d"]);
});

test("close() and terminate() while CONNECTING: error, then close with 1006", async (t) => {
  const { url } = await listen(t);
  for (const give of ["close", "terminate"] as const) {
    const client = new WebSocket(url);
    const order: string[] = [];
    client.on("error", (error) => order.push(error.message));
    client.on("close", (code) => order.push(String(code)));
    client[give]();
    assert.equal(client.readyState, WebSocket.CLOSING);
    await closed(client);
    assert.deepEqual(order, ["WebSocket was closed before the connection was established", "1006"]);
  }
});

test("the heartbeat measures the round trip, and its pongs are not emitted", async (t) => {
  const { client, socket } = await openPair(t, { heartbeat: { intervalMs: 20, timeoutMs: 5000 } });
  let pings = 0;
  client.on("ping", () => pings++);
  socket.on("pong", () => assert.fail("the heartbeat's own pong"));
  await until(() => pings >= 3 && socket.roundTripMs !== undefined);
  assert.ok((socket.roundTripMs ?? -1) >= 0);
});

test("setHeartbeat refuses times that are not positive, naming the value", async (t) => {
  const { client } = await openPair(t);
  for (const ms of [0, -1, Number.NaN])
    assert.throws(() => client.setHeartbeat({ intervalMs: ms, timeoutMs: 1 }), {
      name: "RangeError",
      message: `heartbeat.intervalMs is ${ms}, not positive`,
    });
});

test("a reset of the peer while data is on its way ends in close 1006 and throws nowhere", async (t) => {
  const { server, port } = await listen(t);
  const connection = once(server, "connection");
  const raw = await rawUpgrade(t, port);
  const [socket] = (await connection) as [WebSocket];
  const end = closed(socket);
  socket.send(Buffer.alloc(4 << 20));
  raw.resetAndDestroy();
  assert.equal((await end)[0], 1006);
});

test("a message kept by its receiver does not change when more arrives", async (t) => {
  const { client, socket } = await openPair(t);
  const kept: Buffer[] = [];
  socket.on("message", (data) => kept.push(data as Buffer));
  for (let i = 0; i < 300; i++) {
    client.send(Buffer.alloc(100 + i, i & 255));
    if (i % 10 === 0) await settle();
  }
  await until(() => kept.length === 300);
  for (const [i, data] of kept.entries()) assert.deepEqual(data, Buffer.alloc(100 + i, i & 255));
});
