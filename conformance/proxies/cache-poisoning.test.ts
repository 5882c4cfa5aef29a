import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { WebSocket, WebSocketServer } from "@openline/ws";
import { NaiveCache } from "./naive-cache.ts";

/** What a script would like the proxy to take for a request of its user, and what it would like to be kept as the answer. */
const target = "bank.example/app.js";
const request = "GET /app.js HTTP/1.1\r\nHost: bank.example\r\n\r\n";
const poison = "steal()";
const response = `HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Length: ${poison.length}\r\n\r\n${poison}`;

const upgrade = (port: number): string =>
  `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

/** The script's accomplice: it agrees to every upgrade and answers any bytes that follow with the response. */
async function accomplice(t: TestContext): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (head: Buffer) => {
      const key = /sec-websocket-key: *(\S+)/i.exec(head.toString("latin1"))?.[1] ?? "";
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.on("data", () => socket.write(Buffer.concat([Buffer.from([0x81, response.length]), Buffer.from(response)])));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function cacheBefore(t: TestContext, port: number): Promise<NaiveCache> {
  const cache = await NaiveCache.start(port);
  t.after(() => cache.stop());
  return cache;
}

/** A client without masking, as the drafts before hybi-06 had it: one unmasked text frame after the handshake. */
async function sendUnmasked(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.write(upgrade(port));
  await once(socket, "data");
  socket.write(Buffer.concat([Buffer.from([0x81, request.length]), Buffer.from(request)]));
  return socket;
}

test("I: bytes that look like a request poison a naive cache when they are not masked (RFC 6455 §10.3)", async (t) => {
  const cache = await cacheBefore(t, await accomplice(t));
  const socket = await sendUnmasked(t, cache.port);
  await once(socket, "data");
  assert.equal(cache.kept.get(target), poison);
});

test("I: the same bytes from our client reach the cache masked, and it keeps nothing (RFC 6455 §10.3)", async (t) => {
  const cache = await cacheBefore(t, await accomplice(t));
  const socket = new WebSocket(`ws://127.0.0.1:${cache.port}`, { perMessageDeflate: false });
  t.after(() => socket.terminate());
  await once(socket, "open");
  for (let sent = 0; sent < 100; sent += 1) {
    socket.send(request);
    await once(socket, "message");
  }
  assert.equal(cache.kept.get(target), undefined);
});

test("I: our server closes with 1002 who sends unmasked, and answers nothing that could be kept (RFC 6455 §5.1)", async (t) => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  t.after(() => server.close());
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", () => socket.send(response));
  });
  const cache = await cacheBefore(t, (server.address() as AddressInfo).port);
  const socket = await sendUnmasked(t, cache.port);
  const [frame] = (await once(socket, "data")) as [Buffer];
  assert.equal(frame[0], 0x88);
  assert.equal(frame.readUInt16BE(2), 1002);
  assert.equal(cache.kept.get(target), undefined);
});

test("I: examples/caching-proxy shows the three scenes as its README has them", { timeout: 30_000 }, async () => {
  const folder = new URL("../../examples/caching-proxy/", import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(new URL("demo.js", folder))]);
  const shown = /demo\.js\n([^]*?)```/.exec(readFileSync(new URL("README.md", folder), "utf8"))?.[1];
  assert.equal(stdout, shown);
});
