import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { HandshakeError } from "@openline/protocol";
import type { ClientOptions } from "../../src/client-options.ts";
import { sessionPool } from "../../src/http2/session-pool.ts";
import type { ServerOptions } from "../../src/server-options.ts";
import { WebSocket } from "../../src/websocket.ts";
import { WebSocketServer } from "../../src/websocket-server.ts";
import { certificate } from "../fixtures/certificate.ts";
import { closed, listen, messages } from "../fixtures/pair.ts";
import { until } from "../fixtures/until.ts";

const trusting = { rejectUnauthorized: false };

async function echo(t: TestContext, options: ServerOptions = {}): Promise<{ server: WebSocketServer; port: number; ports: Set<unknown> }> {
  const { server, port } = await listen(t, { tls: certificate, ...options });
  const ports = new Set<unknown>();
  server.on("connection", (socket, request) => {
    ports.add(request.socket.remotePort);
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
  });
  return { server, port, ports };
}

async function opened(t: TestContext, url: string, options: ClientOptions): Promise<WebSocket> {
  const socket = new WebSocket(url, options);
  t.after(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

async function portOf(t: TestContext, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Why a client did not get its connection. */
async function failure(url: string, options: ClientOptions): Promise<Error> {
  const socket = new WebSocket(url, options);
  const end = closed(socket);
  const [error] = (await once(socket, "error")) as [Error];
  assert.deepEqual(await end, [1006, ""]);
  return error;
}

for (const [scheme, options] of [
  ["wss", {}],
  ["ws", { tls: undefined, http2: true }],
] as const)
  test(`${scheme}: sockets to one origin share one TCP connection, made once, and it ends with the last of them (RFC 8441 §1)`, async (t) => {
    const { server, port, ports } = await echo(t, options);
    const url = `${scheme}://127.0.0.1:${port}`;
    const sockets = await Promise.all(Array.from({ length: 5 }, () => opened(t, `${url}/chat`, { http2: true, ...trusting })));
    sockets.push(await opened(t, `${url}/other`, { http2: true, ...trusting }));
    assert.equal(ports.size, 1);
    assert.equal(sessionPool.size, 1);
    const answers = sockets.map((socket) => messages(socket, 1));
    for (const [at, socket] of sockets.entries()) socket.send(`n${at}`);
    assert.deepEqual((await Promise.all(answers)).flat(), ["n0", "n1", "n2", "n3", "n4", "n5"]);
    for (const socket of sockets) socket.close(4000, "done");
    assert.deepEqual(
      await Promise.all(sockets.map(closed)),
      Array.from({ length: 6 }, () => [4000, "done"]),
    );
    await until(() => sessionPool.size === 0 && server.clients.size === 0);
  });

test("subprotocol, compression, headers, credentials, origin and the event upgrade are as over HTTP/1.1", async (t) => {
  const { server, port } = await echo(t, { perMessageDeflate: true });
  const asked = new Promise<unknown[]>((resolve) => {
    server.on("connection", (_socket, { url, headers }) => resolve([url, headers.origin, headers.authorization, headers["x-many"]]));
  });
  const options = { http2: true, ...trusting, origin: "https://a.example", headers: { "X-Many": ["1", "2"], skipped: undefined } };
  const socket = new WebSocket(`wss://u:p@127.0.0.1:${port}/a?b`, ["chat", "other"], options);
  t.after(() => socket.terminate());
  const upgrade = once(socket, "upgrade");
  await once(socket, "open");
  const [response] = (await upgrade) as [{ statusCode: number; headers: Record<string, string> }];
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers["sec-websocket-protocol"], "chat");
  assert.equal(socket.protocol, "chat");
  assert.equal(socket.extensions, "permessage-deflate");
  assert.deepEqual(await asked, ["/a?b", "https://a.example", `Basic ${Buffer.from("u:p").toString("base64")}`, "1, 2"]);
});

test("large messages pass both ways, window by window (RFC 9113 §5.2)", async (t) => {
  const { port } = await echo(t);
  const socket = await opened(t, `wss://127.0.0.1:${port}`, { http2: true, ...trusting, perMessageDeflate: false });
  const data = Buffer.alloc(5_000_000, "0123456789");
  const answer = messages(socket, 1);
  await socket.sendAsync(data);
  assert.ok(data.equals((await answer)[0] as Buffer));
});

for (const waitsIn of ["the client", "the server"])
  test(`messages that wait in ${waitsIn} for others to read are no hindrance to new sockets on the connection (RFC 9113 §5.2)`, async (t) => {
    const { server, url } = await listen(t, { http2: { maxStreams: 30 } });
    const ports = new Set<unknown>();
    const send = (from: WebSocket): void => {
      for (let at = 0; at < 20; at++) from.send(Buffer.alloc(1 << 16));
    };
    server.on("connection", (socket, request) => {
      ports.add(request.socket.remotePort);
      socket.on("error", () => undefined).pause();
      if (waitsIn === "the server") send(socket);
    });
    const options: ClientOptions = { http2: true, perMessageDeflate: false };
    // 26 MB; Node's limit is 10.
    for (let at = 0; at < 20; at++) {
      const socket = await opened(t, url, options);
      socket.pause();
      if (waitsIn === "the client") send(socket);
    }
    await opened(t, url, options);
    assert.equal(ports.size, 1);
  });

test("a second connection is made when the server takes no more streams on the first (RFC 9113 §5.1.2)", async (t) => {
  const { port, ports } = await echo(t, { http2: { maxStreams: 2 } });
  const url = `wss://127.0.0.1:${port}`;
  for (let i = 0; i < 5; i++) await opened(t, url, { http2: true, ...trusting });
  assert.equal(ports.size, 3);
  const [, , third] = await Promise.all(Array.from({ length: 3 }, () => opened(t, url, { http2: true, ...trusting })));
  assert.equal(third?.readyState, WebSocket.OPEN);
});

test("sockets with other TLS options do not share a connection", async (t) => {
  const { port, ports } = await echo(t);
  const url = `wss://127.0.0.1:${port}`;
  await opened(t, url, { http2: true, ca: Buffer.from(certificate.cert), servername: "localhost" });
  await opened(t, url, { http2: true, ca: Buffer.from(certificate.cert), servername: "localhost" });
  await opened(t, url, { http2: true, ...trusting });
  assert.equal(ports.size, 2);
});

test("after GOAWAY new sockets get a new connection, and those that are open go on (RFC 9113 §6.8)", async (t) => {
  const app = http2.createSecureServer(certificate);
  const server = new WebSocketServer({ server: app });
  const sessions: http2.ServerHttp2Session[] = [];
  app.on("session", (session) => sessions.push(session));
  const port = await portOf(t, app);
  const url = `wss://127.0.0.1:${port}`;
  const first = await opened(t, url, { http2: true, ...trusting });
  sessions[0]?.close();
  await until(() => sessionPool.size === 0);
  await opened(t, url, { http2: true, ...trusting });
  assert.equal(sessions.length, 2);
  assert.equal(first.readyState, WebSocket.OPEN);
  for (const socket of server.clients) socket.terminate();
});

test("the end of the connection is the end of all its sockets, and the next one is a new connection", async (t) => {
  const { server, port } = await echo(t);
  const url = `wss://127.0.0.1:${port}`;
  const sockets = await Promise.all(Array.from({ length: 3 }, () => opened(t, url, { http2: true, ...trusting })));
  const ends = sockets.map(closed);
  const [one] = server.clients;
  const stream = one?._socket;
  assert.ok(stream !== null && stream !== undefined && "session" in stream);
  (stream as http2.ServerHttp2Stream).session?.destroy();
  for (const [code] of await Promise.all(ends)) assert.equal(code, 1006);
  const next = await opened(t, url, { http2: true, ...trusting });
  assert.equal(next.readyState, WebSocket.OPEN);
});

test("true: a server that has only HTTP/1.1 is an error that says so (RFC 9113 §3.2)", async (t) => {
  const secure = await portOf(t, createHttpsServer(certificate));
  const error = await failure(`wss://127.0.0.1:${secure}`, { http2: true, ...trusting });
  assert.ok(error instanceof HandshakeError);
  assert.deepEqual(
    [error.code, error.message],
    ["HANDSHAKE_NO_HTTP2", "The server does not speak HTTP/2: of h2 and http/1.1 it chose http/1.1"],
  );
  const { port } = await listen(t);
  const plain = await failure(`ws://127.0.0.1:${port}`, { http2: true });
  assert.equal((plain as HandshakeError).code, "HANDSHAKE_NO_HTTP2");
});

test("true: a server whose HTTP/2 takes no WebSockets is an error that says what it lacks (RFC 8441 §3)", async (t) => {
  const port = await portOf(t, http2.createSecureServer(certificate));
  const error = await failure(`wss://127.0.0.1:${port}`, { http2: true, ...trusting });
  assert.equal((error as HandshakeError).code, "HANDSHAKE_NO_CONNECT_PROTOCOL");
  assert.match(error.message, /its SETTINGS do not have ENABLE_CONNECT_PROTOCOL = 1/);
});

test("auto: HTTP/2 where the server takes WebSockets over it, else HTTP/1.1, also for many at once (RFC 9113 §3.2)", async (t) => {
  const { port, ports } = await echo(t);
  await Promise.all([1, 2, 3].map(() => opened(t, `wss://127.0.0.1:${port}`, { http2: "auto", ...trusting })));
  assert.equal(ports.size, 1);
  const old = await echo(t, { http2: false });
  await Promise.all([1, 2, 3].map(() => opened(t, `wss://127.0.0.1:${old.port}`, { http2: "auto", ...trusting })));
  assert.equal(old.ports.size, 3);
  const app = http2.createSecureServer({ ...certificate, allowHTTP1: true });
  const lacking = new WebSocketServer({ server: app, http2: false });
  const lackingPort = await portOf(t, app);
  await Promise.all([1, 2].map(() => opened(t, `wss://127.0.0.1:${lackingPort}`, { http2: "auto", ...trusting })));
  for (const socket of lacking.clients) socket.terminate();
  const plain = await listen(t);
  assert.equal((await opened(t, plain.url, { http2: "auto" })).readyState, WebSocket.OPEN);
  assert.equal((await opened(t, plain.url, { http2: "auto", protocolVersion: 8 })).readyState, WebSocket.OPEN);
});

test("a session of the application's is used, whether its settings have come or not, and stays open", async (t) => {
  const { port, ports } = await echo(t);
  const session = http2.connect(`https://127.0.0.1:${port}`, trusting);
  t.after(() => session.destroy());
  const early = await opened(t, `wss://127.0.0.1:${port}`, { http2: session });
  const late = await opened(t, `wss://127.0.0.1:${port}`, { http2: session });
  assert.equal(ports.size, 1);
  const ends = [closed(early), closed(late)];
  early.close();
  late.close();
  await Promise.all(ends);
  assert.equal(session.closed, false);
  const lacking = http2.connect(`https://127.0.0.1:${await portOf(t, http2.createSecureServer(certificate))}`, trusting);
  t.after(() => lacking.destroy());
  await once(lacking, "remoteSettings");
  const error = await failure(`wss://127.0.0.1:${port}`, { http2: lacking });
  assert.equal((error as HandshakeError).code, "HANDSHAKE_NO_CONNECT_PROTOCOL");
});

test("a refusal is an error with the status, and the connection serves the others on", async (t) => {
  const { port, ports } = await echo(t, { verifyClient: ({ req }) => req.url !== "/no" });
  const url = `wss://127.0.0.1:${port}`;
  await opened(t, url, { http2: true, ...trusting });
  const error = await failure(`${url}/no`, { http2: true, ...trusting });
  assert.deepEqual([error.message, (error as HandshakeError).status], ["Unexpected server response: 401", 401]);
  await opened(t, url, { http2: true, ...trusting });
  assert.equal(ports.size, 1);
});

test("an answer that breaks the handshake is refused, and its stream reset (RFC 6455 §4.1)", async (t) => {
  const app = http2.createSecureServer(certificate);
  app.updateSettings({ enableConnectProtocol: true });
  const codes: number[] = [];
  app.on("stream", (stream) => {
    stream.on("error", () => undefined).on("close", () => codes.push(stream.rstCode));
    stream.respond({ ":status": 200, "sec-websocket-protocol": "unasked" });
  });
  const port = await portOf(t, app);
  const error = await failure(`wss://127.0.0.1:${port}`, { http2: true, ...trusting });
  assert.equal((error as HandshakeError).code, "HANDSHAKE_SUBPROTOCOL_UNASKED");
  await until(() => codes.length > 0);
  assert.deepEqual(codes, [http2.constants.NGHTTP2_CANCEL]);
});

test("faults of the line are errors with their codes; a server that resets the request is one too", async (t) => {
  const refused = await failure("wss://127.0.0.1:1", { http2: true });
  assert.equal(Reflect.get(refused, "code"), "ECONNREFUSED");
  const { port } = await echo(t);
  const untrusted = await failure(`wss://127.0.0.1:${port}`, { http2: true });
  assert.equal(Reflect.get(untrusted, "code"), "DEPTH_ZERO_SELF_SIGNED_CERT");
  const app = http2.createSecureServer(certificate);
  app.updateSettings({ enableConnectProtocol: true });
  app.on("stream", (stream) => stream.on("error", () => undefined).close(http2.constants.NGHTTP2_REFUSED_STREAM));
  const reset = await failure(`wss://127.0.0.1:${await portOf(t, app)}`, { http2: true, ...trusting });
  assert.match(reset.message, /NGHTTP2_REFUSED_STREAM|code 7/);
});

test("a server that says nothing is given up at the deadline, and so is what close() abandons", async (t) => {
  const silent = createTcpServer((socket) => socket.on("error", () => undefined));
  const port = await portOf(t, silent);
  const late = await failure(`ws://127.0.0.1:${port}`, { http2: true, handshakeTimeout: 100 });
  assert.equal(late.message, "Opening handshake has timed out");
  const { port: open } = await echo(t, { handshakeChecks: [() => new Promise(() => undefined)] });
  const socket = new WebSocket(`wss://127.0.0.1:${open}`, { http2: true, ...trusting });
  const error = once(socket, "error");
  setTimeout(() => socket.close(), 100);
  assert.match(String((await error)[0]), /closed before the connection was established/);
  await until(() => sessionPool.size === 0);
});

const impossible: [options: object, RegExp][] = [
  [{ http2: "yes" }, /http2 is "yes": it must be true, false, "auto" or a session/],
  [{ http2: true, agent: {} }, /agent is for HTTP\/1\.1/],
  [{ http2: true, finishRequest: () => undefined }, /finishRequest is for HTTP\/1\.1/],
  [{ http2: true, protocolVersion: 8 }, /protocolVersion is for HTTP\/1\.1/],
];
for (const [options, message] of impossible)
  test(`options that cannot be are thrown: ${JSON.stringify(options)}`, () =>
    assert.throws(() => new WebSocket("wss://127.0.0.1:1", options as ClientOptions), { name: "TypeError", message }));
