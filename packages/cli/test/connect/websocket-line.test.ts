import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { WebSocketServer } from "@openline/ws";
import { WebSocketLine } from "../../src/connect/websocket-line.ts";
import { Heard, openLine, serverOf, settingsOf } from "./line-fixture.ts";

test("text and bytes go both ways, a ping has its time, a close its code", async (t) => {
  const { url } = await serverOf(t, (socket) => {
    socket.on("message", (data, isBinary) => {
      socket.send(data, { binary: isBinary });
      if (isBinary) socket.close(4001, "bye");
    });
  });
  const { line, heard } = await openLine(t, (events) => new WebSocketLine(settingsOf(url), events));
  line.ping();
  await heard.until(({ pongs }) => pongs.length === 1);
  assert.ok((heard.pongs[0] ?? -1) >= 0);
  await line.send("你好");
  await line.send(Buffer.from([1, 255]));
  assert.deepEqual(await heard.end, { kind: "closed", code: 4001, reason: "bye" });
  assert.deepEqual(heard.messages, ["你好", Buffer.from([1, 255])]);
  assert.deepEqual(heard.frames, []);
});

test("subprotocol, header fields, origin, credentials and compression are as asked for", async (t) => {
  const seen: Record<string, unknown>[] = [];
  const { url, server } = await serverOf(t, () => {}, { perMessageDeflate: true });
  server.on("connection", (_, request) => seen.push(request.headers));
  const flags = { subprotocol: ["chat"], header: ["X-A: 1"], origin: "https://page.example", auth: "ada:s:x" };
  const { heard } = await openLine(t, (events) => new WebSocketLine(settingsOf(url, flags), events));
  assert.deepEqual(heard.opens, [{ url, subprotocol: "chat", extensions: "permessage-deflate" }]);
  const { "x-a": field, origin, authorization } = seen[0] ?? {};
  assert.deepEqual([field, origin, authorization], ["1", "https://page.example", `Basic ${Buffer.from("ada:s:x").toString("base64")}`]);
  const plain = await openLine(t, (events) => new WebSocketLine(settingsOf(url, { "no-compression": false }), events));
  assert.equal(plain.heard.opens[0]?.extensions, "");
});

const openUnopened = (url: string, heard: Heard): WebSocketLine => new WebSocketLine(settingsOf(url), heard);

test("a refusal has its status and the server's words; where nobody listens, that is said", async (t) => {
  const { url } = await serverOf(t, () => {}, {
    verifyClient: (_, answer) => answer(false, 403, "not you", { "Content-Type": "text/plain" }),
  });
  const refused = new Heard();
  openUnopened(url, refused);
  assert.deepEqual(await refused.end, { kind: "refused", status: 403, text: "403 Forbidden: not you" });
  const failed = new Heard();
  openUnopened("ws://127.0.0.1:1/", failed);
  const end = await failed.end;
  assert.ok(end.kind === "failed" && /nobody listens there/.test(end.message), JSON.stringify(end));
});

test("a line that was open and is cut is closed with 1006, and no missing connection", { timeout: 20_000 }, async (t) => {
  const server = createHttpServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  const sockets = new WebSocketServer({ server });
  const connections: Socket[] = [];
  server.on("connection", (socket) => connections.push(socket));
  await once(server, "listening");
  sockets.on("connection", (socket) => socket.on("error", () => {}));
  const { heard } = await openLine(
    t,
    (events) => new WebSocketLine(settingsOf(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`), events),
  );
  for (const socket of connections) socket.resetAndDestroy();
  const end = await heard.end;
  assert.ok(end.kind === "closed" && end.code === 1006, JSON.stringify(end));
  assert.match(end.meaning ?? "", /the server cut the line|^$/);
});

test("--ping: a server that answers no ping is given up", { timeout: 20_000 }, async (t) => {
  const { url } = await serverOf(t, () => {}, { autoPong: false });
  const { heard } = await openLine(t, (events) => new WebSocketLine(settingsOf(url, { ping: "50" }), events));
  assert.deepEqual(await heard.end, { kind: "closed", code: 1006, reason: "" });
  assert.match(heard.notes.join(), /no pong for 50 ms/);
});

test("a server that breaks the protocol is told so, and we see the code that we sent", async (t) => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (head: Buffer) => {
      const [, key = ""] = /Sec-WebSocket-Key: (\S+)/.exec(head.toString()) ?? [];
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.write(Buffer.from([0x83, 0x00]));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { heard } = await openLine(
    t,
    (events) => new WebSocketLine(settingsOf(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, { frames: true }), events),
  );
  const end = await heard.end;
  assert.ok(end.kind === "closed" && (end.code === 1002 || (end.code === 1006 && /opcode/i.test(end.meaning ?? ""))), JSON.stringify(end));
  assert.ok(heard.frames.some(([direction, { opcode }]) => direction === "received" && opcode === 3));
});
