import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { MemoryBroker } from "@openline/hub";
import { randomIds } from "../src/random-ids.ts";
import { createServer } from "../src/server.ts";
import { systemClock } from "../src/system-clock.ts";
import { ask } from "./http-fixture.ts";
import { openClient, readAll, startServer } from "./server-fixture.ts";

const post = (body: string, headers: Record<string, string> = {}) => ({ method: "POST", body, headers });

test("a message published over HTTP reaches the members of the room, and them only", async (t) => {
  const { port, join } = await startServer(t);
  const ada = await join("Ada", "lobby");
  const bo = await join("Bo", "kitchen");
  const answer = await ask(port, "/api/rooms/lobby/messages", post('{"text":"hi"}', { "content-type": "application/json" }));
  assert.equal(answer.status, 201);
  const message = await ada.next("message");
  assert.deepEqual([message["data"], message["position"]], [{ text: "hi" }, answer.body?.["position"]]);
  bo.send({ type: "ping", ref: 9 });
  assert.equal((await bo.next("pong"))["ref"], 9);
});

test("the same Idempotency-Key again is 200 with the first position, with other data 409, and nobody hears it twice", async (t) => {
  const { port, join } = await startServer(t);
  const ada = await join("Ada", "lobby");
  const headers = { "idempotency-key": "order-7" };
  const path = "/api/rooms/lobby/messages";
  const first = await ask(port, path, post("one", headers));
  const again = await ask(port, path, post("one", headers));
  const other = await ask(port, path, post("two", headers));
  assert.deepEqual([first.status, again.status, other.status], [201, 200, 409]);
  assert.deepEqual(again.body, { room: "lobby", position: first.body?.["position"], duplicate: true });
  assert.equal(other.body?.["code"], "id-conflict");
  await ask(port, path, post("last"));
  assert.equal((await ada.next("message"))["data"], "one");
  assert.equal((await ada.next("message"))["data"], "last");
});

test("one room more than the memory may keep is refused with 503 room-limit, which names the room and the limit", async (t) => {
  const { port } = await startServer(t, { limits: { rooms: 1 } });
  assert.equal((await ask(port, "/api/rooms/one/messages", post("x"))).status, 201);
  const { status, body } = await ask(port, "/api/rooms/two/messages", post("x"));
  assert.deepEqual([status, body?.["code"]], [503, "room-limit"]);
  assert.match(String(body?.["detail"]), /keeps 1 rooms .* "two"/);
});

test("GET /api/rooms lists rooms with members, messages and position", async (t) => {
  const { port, join } = await startServer(t);
  await join("Ada", "你好");
  const { body } = await ask(port, "/api/rooms/lobby/messages", post("x"));
  const { body: list } = await ask(port, "/api/rooms");
  const rooms = list?.["rooms"] as { room: string; members: number; messages: number; position: string }[];
  assert.deepEqual(
    rooms.map(({ room, members, messages }) => [room, members, messages]),
    [
      ["lobby", 0, 1],
      ["你好", 1, 0],
    ],
  );
  assert.equal(rooms[0]?.position, body?.["position"]);
});

test("U: Chinese text, emoji and combining characters travel through REST and WebSocket, in data, room names and user names", async (t) => {
  const { port, join } = await startServer(t);
  const room = "聊天室 👩🏽‍🚀 e\u0301";
  const user = "小明 🐼 o\u0308";
  const text = "你好 👋🏽 e\u0301 \u{1F468}\u200D\u{1F469}\u200D\u{1F467} \u0000 \uFEFF";
  const reader = await join(user, room);
  const writer = await join(user, room);
  const answer = await ask(port, `/api/rooms/${encodeURIComponent(room)}/messages`, post(text));
  assert.equal(answer.body?.["room"], room);
  assert.equal((await reader.next("message"))["data"], text);
  writer.send({ type: "publish", ref: 5, room, data: { [text]: text } });
  const message = await reader.next("message");
  assert.deepEqual([message["data"], message["user"], message["room"]], [{ [text]: text }, user, room]);
});

const borders: [string, string | Uint8Array, string][] = [
  ["text that is not JSON", "{", "bad-json"],
  ["JSON that is not an object", "[1]", "bad-message"],
  ["an unknown type", '{"type":"dance","ref":7}', "unknown-type"],
  ["a missing field", '{"type":"join","ref":7}', "bad-message"],
  ["a room name that is too long", JSON.stringify({ type: "join", ref: 7, room: "x".repeat(256) }), "bad-name"],
  ["a room name with a control character", JSON.stringify({ type: "join", ref: 7, room: "a\u0007" }), "bad-name"],
  [
    "data that nests too deep",
    `{"type":"publish","ref":7,"room":"lobby","data":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
    "bad-message",
  ],
  ["a binary message", Buffer.from('{"type":"ping"}'), "bad-message"],
];
for (const [what, message, code] of borders) {
  test(`a client that sends ${what} is told ${code}, keeps its connection, and others notice nothing`, async (t) => {
    const { join } = await startServer(t);
    const other = await join("Bo", "lobby");
    const client = await join("Ada", "lobby");
    client.socket.send(message);
    const error = await client.next("error");
    assert.equal(error["code"], code, JSON.stringify(error));
    client.send({ type: "publish", ref: 8, room: "lobby", data: "still here" });
    assert.equal((await other.next("message"))["data"], "still here");
  });
}

test("a message before connect closes with 4400, a second connect is an error of its own (hub-v1, From the client)", async (t) => {
  const { port, join } = await startServer(t);
  const early = await openClient(`ws://localhost:${port}/hub`);
  early.send({ type: "join", ref: 1, room: "lobby" });
  assert.deepEqual(await early.ended, { code: 4400, reason: "not-connected" });
  const twice = await join("Ada");
  twice.send({ type: "connect", ref: 3, version: 1 });
  assert.equal((await twice.next("error"))["code"], "already-connected");
});

const key = Buffer.from([0, 0, 0, 0]);
const frames: [string, Uint8Array, number][] = [
  ["an unmasked frame (RFC 6455 §5.1)", Buffer.from([0x81, 0x01, 0x61]), 1002],
  ["a reserved opcode (RFC 6455 §5.2)", Buffer.concat([Buffer.from([0x83, 0x80]), key]), 1002],
  ["a reserved bit (RFC 6455 §5.2)", Buffer.concat([Buffer.from([0xc1, 0x81]), key, Buffer.from("a")]), 1002],
  ["a fragmented ping (RFC 6455 §5.5)", Buffer.concat([Buffer.from([0x09, 0x80]), key]), 1002],
  ["a length that is not minimal (RFC 6455 §5.2)", Buffer.concat([Buffer.from([0x81, 0xfe, 0x00, 0x01]), key, Buffer.from("a")]), 1002],
  ["text that is not UTF-8 (RFC 6455 §8.1)", Buffer.concat([Buffer.from([0x81, 0x81]), key, Buffer.from([0xff])]), 1007],
  ["the head of a frame of more than 64 KiB (hub-v1, Size)", Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 1]), key]), 1009],
];
for (const [what, bytes, code] of frames) {
  test(`${what} fails that connection with ${code}, the other clients stay`, async (t) => {
    const { port, join, raw, server } = await startServer(t);
    const other = await join("Bo", "lobby");
    const fields =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    const socket = await raw(`GET /hub HTTP/1.1\r\nHost: localhost:${port}\r\n${fields}\r\n`);
    await once(socket, "data");
    socket.write(bytes);
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.equal(answer[0], 0x88, "a close frame");
    assert.equal(answer.readUInt16BE(2), code);
    socket.destroy();
    other.send({ type: "ping", ref: 1 });
    await other.next("pong");
    while (server.hub.connectionCount > 1) await new Promise((resolve) => setImmediate(resolve));
  });
}

test("a message of 64 KiB is taken, one byte more closes with 1009 (hub-v1, Size)", async (t) => {
  const { join } = await startServer(t);
  const client = await join("Ada", "lobby");
  const frame = (length: number): string => {
    const shell = JSON.stringify({ type: "publish", ref: 2, room: "lobby", data: "" });
    return shell.replace('""', `"${"x".repeat(length - shell.length)}"`);
  };
  client.send(frame(65_536));
  await client.next("published");
  client.send(frame(65_537));
  assert.equal((await client.ended).code, 1009);
});

test("the limit that was set holds for both doors, and is told (hub-v1, connected)", async (t) => {
  const { port, join } = await startServer(t, { limits: { messageBytes: 2000 } });
  assert.equal((await ask(port, "/api/rooms/lobby/messages", post("x".repeat(2001)))).status, 413);
  const client = await openClient(`ws://localhost:${port}/hub`);
  client.send({ type: "connect", ref: 0, version: 1 });
  assert.equal(((await client.next("connected"))["limits"] as { messageBytes: number }).messageBytes, 2000);
  client.send({ type: "ping", filler: "x".repeat(2000) });
  assert.equal((await client.ended).code, 1009);
  (await join("Bo")).socket.terminate();
});

test("bytes that are no HTTP request are answered with a problem, and the server goes on", async (t) => {
  const { port, raw } = await startServer(t);
  assert.match(await readAll(await raw("\u0016\u0003\u0001 hello\r\n\r\n")), /^HTTP\/1\.1 400 .*"code":"bad-request"/s);
  assert.match(await readAll(await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)), /^HTTP\/1\.1 431 /);
  for (const target of ["http://localhost/health", "*", "/a\\b"]) {
    const answer = await readAll(await raw(`GET ${target} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`));
    assert.match(answer, /^HTTP\/1\.1 40[04] .*"code":"(?:bad-request|not-found)"/s, target);
  }
  assert.equal((await ask(port, "/health")).status, 200);
});

test("R3: a reader that stops for a while gets everything in order afterwards: the hub waits for the socket's drain", async (t) => {
  const { server, join } = await startServer(t);
  const slow = await join("Ada", "lobby");
  slow.socket.pause();
  let sent = 0;
  while (server.hub.queuedBytes < 200_000) {
    await server.hub.publish("lobby", { data: [sent++, "x".repeat(60_000)] });
    await new Promise((resolve) => setImmediate(resolve));
  }
  slow.socket.resume();
  for (let index = 0; index < sent; index++) assert.equal(((await slow.next("message"))["data"] as [number])[0], index);
  assert.equal(server.hub.queuedBytes, 0);
});

test("R3: a reader that stops for good is closed with 4503, the others get everything meanwhile", async (t) => {
  const { server, join } = await startServer(t);
  const stalled = await join("Ada", "lobby");
  const other = await join("Bo", "lobby");
  stalled.socket.pause();
  let sent = 0;
  while (server.hub.connectionCount > 1 && sent < 2000) {
    await server.hub.publish("lobby", { data: [sent++, "x".repeat(60_000)] });
    assert.equal(((await other.next("message"))["data"] as [number])[0], sent - 1);
    assert.ok(server.hub.queuedBytes < 1_200_000, "the queue is bounded");
  }
  stalled.socket.resume();
  assert.deepEqual(await stalled.ended, { code: 4503, reason: "too-slow" });
});

test("the heartbeat that was set is told and kept", async (t) => {
  const { port } = await startServer(t, { heartbeat: { intervalMs: 1000, timeoutMs: 1000 } });
  const client = await openClient(`ws://localhost:${port}/hub`);
  const pinged = once(client.socket, "ping");
  client.send({ type: "connect", ref: 0, version: 1 });
  assert.deepEqual((await client.next("connected"))["heartbeat"], { intervalMs: 1000, timeoutMs: 1000, hiddenIntervalMs: 3000 });
  await pinged;
});

test("the heartbeat that a client proposes is the connection's, on the WebSocket too (wire, Heartbeat)", async (t) => {
  const { port } = await startServer(t);
  const client = await openClient(`ws://localhost:${port}/hub`);
  const pinged = once(client.socket, "ping");
  client.send({ type: "connect", ref: 0, version: 1, heartbeat: { intervalMs: 1000 } });
  assert.equal(((await client.next("connected"))["heartbeat"] as { intervalMs: number }).intervalMs, 1000);
  // Else it comes after 25 s.
  await Promise.race([pinged, new Promise((_, reject) => void setTimeout(reject, 15_000).unref())]);
});

test("R8: closing says 1001 to every client, 503 to health, refuses new connections, and ends", async (t) => {
  const { server, port, join } = await startServer(t);
  const ada = await join("Ada", "lobby");
  const kept = await join("Bo", "lobby");
  const closed = server.close();
  assert.deepEqual(await Promise.all([ada.ended, kept.ended]).then((ends) => ends.map((end) => end.code)), [1001, 1001]);
  await closed;
  await assert.rejects(ask(port, "/health"), { code: "ECONNREFUSED" });
});

test("R8: a request under way when the drain begins is answered, told that its connection ends, and holds nothing up", async (t) => {
  const { server, port, raw } = await startServer(t);
  const received = once(server.http[0] ?? process, "request");
  const publish = await raw(`POST /api/rooms/lobby/messages HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 5\r\n\r\nhe`);
  await received;
  const started = performance.now();
  const closed = server.close({ graceMs: 60_000 });
  publish.write("llo");
  assert.match(await readAll(publish), /^HTTP\/1\.1 503 .*connection: close.*"code":"shutting-down"/is);
  await closed;
  assert.ok(performance.now() - started < 30_000, "long before the deadline");
});

test("R8: a restart says 1012", async (t) => {
  const { server, join } = await startServer(t);
  const ada = await join("Ada");
  await server.close({ code: 1012 });
  assert.equal((await ada.ended).code, 1012);
});

test("R8: a client that does not answer the close is cut when the time is over", async (t) => {
  const { server, port, raw, logged } = await startServer(t);
  const fields =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  const mute = await raw(`GET /hub HTTP/1.1\r\nHost: localhost:${port}\r\n${fields}\r\n`);
  await once(mute, "data");
  mute.on("error", () => undefined).pause();
  await server.close({ graceMs: 100 });
  assert.match(logged.join(""), /the time to drain is over/);
});

test("the URLs name localhost first and carry the base path", async (t) => {
  const server = createServer({ port: 0, basePath: "wsapp", logLevel: "silent" });
  t.after(() => server.close());
  const { urls, port } = await server.listen();
  assert.equal(urls[0], `http://localhost:${port}/wsapp/`);
  assert.ok(urls.includes(`http://127.0.0.1:${port}/wsapp/`));
});

test("a port in use is the system's error, and the server can be closed all the same", async (t) => {
  const { port } = await startServer(t);
  const second = createServer({ port, logLevel: "silent" });
  await assert.rejects(second.listen(), { code: "EADDRINUSE" });
  await second.close();
});

test("its listeners serve on an http server of the program's own", async (t) => {
  const openline = createServer({ basePath: "/realtime/", logLevel: "silent", consoleFolder: "/nowhere" });
  const own = createHttpServer((request, response) => {
    if (request.url?.startsWith("/realtime/") === true) openline.onRequest(request, response);
    else response.end("own");
  }).on("upgrade", openline.onUpgrade);
  await new Promise<void>((resolve) => own.listen(0, "127.0.0.1", resolve));
  t.after(async () => {
    await openline.close();
    own.close();
  });
  const { port } = own.address() as AddressInfo;
  assert.equal((await ask(port, "/")).text, "own");
  assert.equal((await ask(port, "/realtime/api/rooms")).status, 200);
  const client = await openClient(`ws://127.0.0.1:${port}/realtime/hub`);
  client.send({ type: "connect", ref: 0, version: 1 });
  await client.next("connected");
});

test("a broker of the program's own carries the rooms, and stays the program's to close", async (t) => {
  const broker = new MemoryBroker({ clock: systemClock, ids: randomIds });
  t.after(() => broker.close());
  const [one, other] = [await startServer(t, { broker }), await startServer(t, { broker })];
  const client = await other.join("Ada", "lobby");
  await one.server.hub.publish("lobby", { data: "over there" });
  assert.equal((await client.next("message"))["data"], "over there");
  await one.server.close({ graceMs: 0 });
  assert.equal((await broker.rooms()).find(({ room }) => room === "lobby")?.messages, 1);
});

test("a store that cannot be opened is listen's error, before anything listens; a port in use gives the store back", async (t) => {
  const broken = createServer({ port: 0, broker: "redis://127.0.0.1:1", logLevel: "silent" });
  await assert.rejects(broken.listen(), { name: "BrokerError", code: "unreachable" });
  assert.equal(broken.http.length, 0);
  await broken.close();
  const { port } = await startServer(t);
  const data = join(mkdtempSync(join(tmpdir(), "openline-data-")), "rooms");
  t.after(() => rmSync(dirname(data), { recursive: true, force: true }));
  const late = createServer({ port, data, logLevel: "silent" });
  await assert.rejects(late.listen(), { code: "EADDRINUSE" });
  const next = createServer({ port: 0, data, logLevel: "silent" });
  await next.listen();
  await next.close();
  await late.close();
});

test("one place for rooms: a broker and a data directory exclude each other", () => {
  const broker = new MemoryBroker({ clock: systemClock, ids: randomIds });
  assert.throws(() => createServer({ broker, data: "rooms" }), /data and broker exclude each other/);
  broker.close();
});
