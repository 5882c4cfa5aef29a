import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { settle } from "@openline/testkit";
import type { ServerOptions } from "../src/server-options.ts";
import { WebSocket } from "../src/websocket.ts";
import { WebSocketServer } from "../src/websocket-server.ts";
import { certificate } from "./fixtures/certificate.ts";
import { closed, listen, messages, openPair, textOf } from "./fixtures/pair.ts";
import { rawConnect, rawUpgrade, readAll, upgradeRequest } from "./fixtures/raw-client.ts";
import { until } from "./fixtures/until.ts";

/** What the server answers to a raw request. */
async function answer(t: TestContext, options: ServerOptions, request: string): Promise<string> {
  const { port } = await listen(t, options);
  const raw = await rawConnect(t, port);
  raw.write(request);
  return readAll(raw);
}

const places = [{}, { port: 0, noServer: true }, { port: 0, server: createServer() }, { server: createServer(), noServer: true }];

test("one and only one of port, server and noServer must be given", () => {
  for (const options of places)
    assert.throws(() => new WebSocketServer(options), /One and only one of the "port", "server", or "noServer"/);
});

test("address() tells where it listens, null after close, and throws with noServer", async (t) => {
  const { server } = await listen(t);
  assert.equal((server.address() as AddressInfo).address, "127.0.0.1");
  server.close();
  assert.equal(server.address(), null);
  assert.throws(() => new WebSocketServer({ noServer: true }).address(), /noServer/);
});

test("a port in use comes as the event error", async (t) => {
  const { port } = await listen(t);
  const second = new WebSocketServer({ port, host: "127.0.0.1" });
  const [error] = (await once(second, "error")) as [{ code: string }];
  assert.equal(error.code, "EADDRINUSE");
});

test("A: the sample request is answered with the sample accept value and the first subprotocol (RFC 6455 §1.3)", async (t) => {
  const { port } = await listen(t);
  const raw = await rawConnect(t, port);
  raw.write(upgradeRequest({ "Sec-WebSocket-Protocol": "chat, superchat" }, "GET /chat HTTP/1.1"));
  const [head] = (await once(raw, "data")) as [Buffer];
  assert.equal(
    head.toString(),
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
  );
});

const refused: readonly (readonly [name: string, options: ServerOptions, request: string, expected: RegExp])[] = [
  ["a POST", {}, upgradeRequest({ "Content-Length": "0" }, "POST / HTTP/1.1"), /^HTTP\/1\.1 405 [^]*Invalid HTTP method$/],
  ["no key", {}, upgradeRequest({ "Sec-WebSocket-Key": undefined }), /^HTTP\/1\.1 400 [^]*Missing or invalid Sec-WebSocket-Key header$/],
  [
    "a key of 15 bytes",
    {},
    upgradeRequest({ "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25j" }),
    /^HTTP\/1\.1 400 [^]*Sec-WebSocket-Key header$/,
  ],
  [
    "another version",
    {},
    upgradeRequest({ "Sec-WebSocket-Version": "12" }),
    /^HTTP\/1\.1 400 [^]*Sec-WebSocket-Version: 13, 8\r\n[^]*Version header$/,
  ],
  [
    "another version, secure",
    { secure: true },
    upgradeRequest({ "Sec-WebSocket-Version": "12" }),
    /^HTTP\/1\.1 426 [^]*Sec-WebSocket-Version: 13\r\n/,
  ],
  ["version 8, secure", { secure: true }, upgradeRequest({ "Sec-WebSocket-Version": "8" }), /^HTTP\/1\.1 426 /],
  ["another upgrade", {}, upgradeRequest({ Upgrade: "h2c" }), /^HTTP\/1\.1 400 [^]*Invalid Upgrade header$/],
  [
    "a subprotocol named twice",
    {},
    upgradeRequest({ "Sec-WebSocket-Protocol": "a, a" }),
    /^HTTP\/1\.1 400 [^]*Invalid Sec-WebSocket-Protocol header$/,
  ],
  ["another path", { path: "/chat" }, upgradeRequest({}, "GET /chats HTTP/1.1"), /^HTTP\/1\.1 400 Bad Request/],
  ["verifyClient: false", { verifyClient: () => false }, upgradeRequest(), /^HTTP\/1\.1 401 [^]*Unauthorized$/],
  [
    "verifyClient with status, message and fields",
    {
      verifyClient: (_info, give) => void setImmediate(() => give(false, 403, "No", { "X-Why": "so" })),
    },
    upgradeRequest(),
    /^HTTP\/1\.1 403 Forbidden\r\n[^]*X-Why: so\r\n\r\nNo$/,
  ],
  [
    "verifyClient that never answers",
    { handshakeTimeout: 50, verifyClient: (_info, _give) => undefined },
    upgradeRequest(),
    /^HTTP\/1\.1 408 /,
  ],
  [
    "O: a foreign origin, secure",
    { secure: true },
    upgradeRequest({ Origin: "https://evil.example" }),
    /^HTTP\/1\.1 403 [^]*Origin not allowed$/,
  ],
  [
    "O: an origin outside the list",
    { origins: ["https://a.example"] },
    upgradeRequest({ Origin: "https://b.example" }),
    /^HTTP\/1\.1 403 /,
  ],
];

for (const [name, options, request, expected] of refused) {
  test(`refused before any upgrade: ${name} (RFC 6455 §4.2.1)`, async (t) => {
    assert.match(await answer(t, options, request), expected);
  });
}

test("a reset before the answer to an upgrade, accepted or refused, and during a refusal harms nobody", async (t) => {
  const answers: ((verified: boolean) => void)[] = [];
  const { port, url } = await listen(t, {
    verifyClient: ({ req }, answer) => void (req.url === "/ok" ? answer(true) : answers.push(answer)),
  });
  for (const verified of [true, false]) {
    const raw = await rawConnect(t, port);
    raw.write(upgradeRequest());
    await until(() => answers.length > 0);
    raw.resetAndDestroy();
    for (let i = 0; i < 5; i++) await settle();
    answers.pop()?.(verified);
  }
  const raw = await rawConnect(t, port);
  raw.write(upgradeRequest({ "Sec-WebSocket-Key": "wrong" }));
  raw.resetAndDestroy();
  for (let i = 0; i < 5; i++) await settle();
  const client = new WebSocket(`${url}/ok`);
  t.after(() => client.terminate());
  await once(client, "open");
});

test("wsClientError: who listens answers a broken handshake", async (t) => {
  const { server, port } = await listen(t);
  server.on("wsClientError", (error, socket, request) => {
    socket.end(`HTTP/1.1 418 ${error.message} ${request.url}\r\nConnection: close\r\n\r\n`);
  });
  const raw = await rawConnect(t, port);
  raw.write(upgradeRequest({ "Sec-WebSocket-Key": "wrong" }, "GET /tea HTTP/1.1"));
  assert.match(await readAll(raw), /^HTTP\/1\.1 418 Missing or invalid Sec-WebSocket-Key header \/tea/);
});

test("handleProtocols chooses among the subprotocols offered, or none", async (t) => {
  const { server, url } = await listen(t, { handleProtocols: (offered) => (offered.has("b") ? "b" : false) });
  const client = new WebSocket(url, ["a", "b"]);
  await once(client, "open");
  assert.equal(client.protocol, "b");
  assert.equal([...server.clients][0]?.protocol, "b");
  client.terminate();
  const other = new WebSocket(url, "a");
  const [error] = (await once(other, "error")) as [Error];
  assert.equal(error.message, "Server sent no subprotocol");
});

test("verifyClient sees origin, secure and the request; headers may be added to the response", async (t) => {
  const seen: unknown[] = [];
  const { server, url } = await listen(t, {
    verifyClient: ({ origin, secure, req }) => {
      seen.push(origin, secure, req.url);
      return true;
    },
  });
  server.on("headers", (headers, request) => headers.push(`X-Path: ${request.url}`));
  const client = new WebSocket(`${url}/x`, { origin: "https://a.example" });
  const [response] = (await once(client, "upgrade")) as [{ headers: Record<string, string> }];
  assert.equal(response.headers["x-path"], "/x");
  assert.deepEqual(seen, ["https://a.example", false, "/x"]);
  client.terminate();
});

test("J: page and upgrade on one port: an http server answers the page, the socket says hello.. and gets hi", async (t) => {
  const http = createServer((_request, response) => response.end("<title>page</title>"));
  const server = new WebSocketServer({ server: http, path: "/ws" });
  server.on("connection", (socket) => socket.on("message", (data) => textOf(data) === "hello.." && socket.send("hi")));
  const listening = once(server, "listening");
  http.listen(0, "127.0.0.1");
  await listening;
  t.after(() => http.close());
  const { port } = http.address() as AddressInfo;
  assert.match(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /page/);
  const client = new WebSocket(`ws://127.0.0.1:${port}/ws?x=1`);
  await once(client, "open");
  client.send("hello..");
  assert.deepEqual(await messages(client, 1), ["hi"]);
  client.close();
  await closed(client);
});

test("noServer: the application hands requests to the server it chooses by path", async (t) => {
  const http = createServer();
  const rooms = new Map(["/a", "/b"].map((path) => [path, new WebSocketServer({ noServer: true })]));
  http.on("upgrade", (request, socket, head) => {
    const room = rooms.get(request.url ?? "");
    room?.handleUpgrade(request, socket, head, (websocket) => room.emit("connection", websocket, request));
  });
  for (const [path, room] of rooms) room.on("connection", (socket) => socket.send(path));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(() => http.close());
  for (const path of rooms.keys()) {
    const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}${path}`);
    assert.deepEqual(await messages(client, 1), [path]);
    client.terminate();
  }
});

test("wss: over a https server, with the certificate checked", async (t) => {
  const https = createHttpsServer(certificate);
  const server = new WebSocketServer({ server: https });
  server.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
  https.listen(0, "127.0.0.1");
  await once(https, "listening");
  t.after(() => https.close());
  const url = `wss://localhost:${(https.address() as AddressInfo).port}/`;
  const stranger = new WebSocket(url, { family: 4 });
  const [error] = (await once(stranger, "error")) as [{ code: string }];
  assert.equal(error.code, "DEPTH_ZERO_SELF_SIGNED_CERT");
  const client = new WebSocket(url, { ca: certificate.cert, family: 4 });
  await once(client, "open");
  const big = Buffer.alloc(1 << 20, "tls");
  client.send(big);
  client.send("after");
  assert.deepEqual(await messages(client, 2), [big, "after"]);
  const end = closed(client);
  client.close(1000, "done");
  assert.equal((await end)[0], 1000);
});

test("clients holds the open sockets; without clientTracking there is none", async (t) => {
  const { server, client } = await openPair(t);
  assert.equal(server.clients.size, 1);
  client.close();
  await until(() => server.clients.size === 0);
  assert.equal(new WebSocketServer({ noServer: true, clientTracking: false }).clients, undefined);
});

test("close() takes no more connections and calls back when the last socket is gone; again: an error", async (t) => {
  const { server, client, url } = await openPair(t);
  let isClosed = false;
  const done = new Promise<unknown>((resolve) => server.close(resolve)).then(() => (isClosed = true));
  const late = new WebSocket(url);
  late.on("error", () => undefined);
  await closed(late);
  assert.ok(!isClosed);
  client.close();
  await done;
  const error = await new Promise<Error | undefined>((resolve) => server.close(resolve));
  assert.match(String(error), /The server is not running/);
});

test("with noServer, close waits for the sockets, and a handshake that is under way is answered 503", async (t) => {
  const http = createServer();
  let give: ((verified: boolean) => void) | undefined;
  const server = new WebSocketServer({ noServer: true, verifyClient: (_info, answer) => void (give = answer) });
  http.on("upgrade", (request, socket, head) => server.handleUpgrade(request, socket, head, () => assert.fail("upgraded")));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(() => http.close());
  const raw = await rawConnect(t, (http.address() as AddressInfo).port);
  raw.write(upgradeRequest());
  await until(() => give !== undefined);
  await new Promise((resolve) => server.close(resolve));
  give?.(true);
  assert.match(await readAll(raw), /^HTTP\/1\.1 503 /);
});

test("handleUpgrade twice for one socket is a mistake that is named", async (t) => {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });
  const outcome = new Promise<unknown>((resolve) => {
    http.on("upgrade", (request, socket, head) => {
      server.handleUpgrade(request, socket, head, () => undefined);
      try {
        server.handleUpgrade(request, socket, head, () => undefined);
      } catch (error) {
        resolve(error);
      }
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(() => http.close());
  await rawUpgrade(t, (http.address() as AddressInfo).port);
  assert.match(String(await outcome), /called more than once with the same socket/);
});

test("options.WebSocket: the sockets are of that class", async (t) => {
  class Named extends WebSocket {
    label = "mine";
  }
  const { socket } = await openPair(t, { WebSocket: Named });
  assert.ok(socket instanceof Named && socket.label === "mine");
});

test("what comes with the handshake's last bytes is not lost, also when the listener is set after an await", async (t) => {
  const { server, port } = await listen(t);
  const connection = once(server, "connection");
  const raw = await rawConnect(t, port);
  raw.write(Buffer.concat([Buffer.from(upgradeRequest()), Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])]));
  const [socket] = (await connection) as [WebSocket];
  await Promise.resolve();
  assert.deepEqual(await messages(socket, 1), ["hi"]);
});

test("secure: true brings the server profile: 64 KiB messages", async (t) => {
  const { client, socket } = await openPair(t, { secure: true });
  socket.on("error", () => undefined);
  const end = closed(client);
  client.send(Buffer.alloc(65_537));
  assert.equal((await end)[0], 1009);
});
