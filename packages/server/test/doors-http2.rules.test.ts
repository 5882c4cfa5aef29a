import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { WebSocket } from "@openline/ws";
import { createServer } from "../src/server.ts";

const trusting = { rejectUnauthorized: false };

/** A server with TLS and every door, and a connection of HTTP/2 to it. */
async function start(t: TestContext): Promise<{ port: number; over: ClientHttp2Session }> {
  const folder = mkdtempSync(join(tmpdir(), "openline-doors-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", ["req", "-x509", ...curve, "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  const scaledrone = { DOOR: { secret: "0123456789abcdef0123456789abcdef", prefix: "", requireAuth: false } };
  const server = createServer({ port: 0, host: "127.0.0.1", anonymous: true, logLevel: "silent", tls: { cert, key }, scaledrone });
  const { port } = await server.listen();
  t.after(() => server.close({ graceMs: 500 }));
  const over = connect(`https://127.0.0.1:${port}`, trusting);
  over.on("error", () => undefined);
  t.after(() => over.destroy());
  await once(over, "remoteSettings");
  return { port, over };
}

/** What a stream brings, as text, until it has `last`. */
async function until(stream: ClientHttp2Stream, last: string): Promise<string> {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes(last)) return text;
  }
  return text;
}

async function post(over: ClientHttp2Session, path: string, body: string, fields: OutgoingHttpHeaders = {}): Promise<number> {
  const stream = over.request({ ":method": "POST", ":path": path, "content-type": "text/plain", ...fields });
  stream.end(body);
  const [{ ":status": status }] = (await once(stream, "response")) as [{ ":status": number }];
  stream.resume();
  return status;
}

async function openSocket(t: TestContext, port: number, path: string): Promise<{ socket: WebSocket; next: () => Promise<string> }> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}${path}`, { http2: true, ...trusting });
  t.after(() => socket.terminate());
  const heard: string[] = [];
  let wake = (): void => undefined;
  socket.on("message", (data) => {
    heard.push(String(data));
    wake();
  });
  await once(socket, "open");
  const next = async (): Promise<string> => {
    while (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return heard.shift() ?? "";
  };
  return { socket, next };
}

test("over HTTP/2 a message published through either API reaches a stream of events and a waiting poll", { timeout: 30_000 }, async (t) => {
  const { over } = await start(t);
  const events = over.request({ ":path": "/api/rooms/a/messages", accept: "text/event-stream" }, { endStream: true });
  await until(events, "event: joined");
  for (const [path, body] of [
    ["/api/rooms/a/messages", "嗨 by the hub's API"],
    ["/DOOR/a/publish", "嗨 by Scaledrone's"],
  ] as const) {
    const poll = over.request({ ":path": "/api/rooms/a/messages?wait=20" }, { endStream: true });
    // The request is with the server before the publish: one connection keeps their order.
    const answered = until(poll, "complete");
    await new Promise((resolve) => over.ping((error) => resolve(error)));
    assert.ok([200, 201].includes(await post(over, path, body)));
    assert.match(await until(events, body), /^id: /m);
    assert.ok((await answered).includes(body));
  }
});

test("over HTTP/2 an idempotency key works as ever, and two are refused", { timeout: 30_000 }, async (t) => {
  const { over } = await start(t);
  const path = "/api/rooms/a/messages";
  assert.equal(await post(over, path, "once", { "idempotency-key": "k1" }), 201);
  assert.equal(await post(over, path, "once", { "idempotency-key": "k1" }), 200);
  assert.equal(await post(over, path, "other", { "idempotency-key": "k1" }), 409);
  assert.equal(await post(over, path, "twice", { "idempotency-key": ["k2", "k3"] }), 400);
});

test("SockJS over HTTP/2: a stream, WebSocket with frames and raw; what is not there is 404", { timeout: 30_000 }, async (t) => {
  const { port, over } = await start(t);
  const stream = over.request({ ":method": "POST", ":path": "/sockjs/000/one/xhr_streaming" }, { endStream: true });
  assert.match(await until(stream, "o\n"), /^h{2048}\no\n$/);
  const { socket, next } = await openSocket(t, port, "/sockjs/000/two/websocket");
  assert.equal(await next(), "o");
  socket.send(JSON.stringify([JSON.stringify({ type: "connect", ref: 1, version: 1 })]));
  assert.match(await next(), /^a\["\{\\"type\\":\\"connected\\"/);
  const raw = await openSocket(t, port, "/sockjs/websocket");
  raw.socket.send(JSON.stringify({ type: "connect", ref: 1, version: 1 }));
  assert.match(await raw.next(), /^\{"type":"connected"/);
  const missing = over.request({ ":method": "CONNECT", ":protocol": "websocket", ":path": "/sockjs/info", "sec-websocket-version": "13" });
  const [{ ":status": status }] = (await once(missing, "response")) as [{ ":status": number }];
  assert.equal(status, 404);
});

test("Scaledrone's API over HTTP/2, on which browsers put a WebSocket by themselves (RFC 8441 §5)", { timeout: 30_000 }, async (t) => {
  const { port } = await start(t);
  const { socket, next } = await openSocket(t, port, "/v3/websocket");
  socket.send(JSON.stringify({ type: "handshake", channel: "DOOR", callback: 0 }));
  assert.match(await next(), /"callback":0,"client_id":/);
});
