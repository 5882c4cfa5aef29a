import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, createSecureServer, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import type { ServerOptions } from "../../src/server-options.ts";
import type { WebSocket } from "../../src/websocket.ts";
import { WebSocketServer } from "../../src/websocket-server.ts";
import { certificate } from "../fixtures/certificate.ts";
import { answerOf, connectStream, endOf, http2Connect, openStream } from "../fixtures/http2-client.ts";
import { closed, listen, textOf } from "../fixtures/pair.ts";
import { maskedFrame, rawUpgrade } from "../fixtures/raw-client.ts";
import { until } from "../fixtures/until.ts";

const closeFrame = maskedFrame(8, Buffer.from([0x03, 0xe8]));

/** A server that sends back what it gets, on a port that also speaks HTTP/2. */
async function echo(t: TestContext, options: ServerOptions = {}): Promise<{ server: WebSocketServer; port: number }> {
  const { server, port } = await listen(t, { http2: true, ...options });
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
  });
  return { server, port };
}

async function nextSocket(server: WebSocketServer): Promise<WebSocket> {
  const [socket] = (await once(server, "connection")) as [WebSocket];
  return socket;
}

for (const scheme of ["http", "https"] as const)
  test(`${scheme}: after 200 the stream carries frames as a TCP connection would, and both ends close with END_STREAM (RFC 8441 §5)`, async (t) => {
    const { server, port } = await echo(t, scheme === "https" ? { tls: certificate } : {});
    const session = await http2Connect(t, port, scheme);
    assert.equal(session.remoteSettings.enableConnectProtocol, true);
    const arrived = nextSocket(server);
    const { stream, headers, bytes } = await openStream(session, { ":path": "/chat", "sec-websocket-protocol": "chat, other" });
    assert.equal(headers[":status"], 200);
    assert.equal(headers["sec-websocket-protocol"], "chat");
    const socket = await arrived;
    const end = closed(socket);
    stream.write(maskedFrame(1, "Hello"));
    await until(() => bytes().length >= 7);
    assert.deepEqual(bytes(), Buffer.from("\x81\x05Hello", "latin1"));
    stream.write(closeFrame);
    assert.equal((await endOf(stream)).ended, true);
    stream.end();
    assert.deepEqual(await end, [1000, ""]);
    await until(() => stream.destroyed);
    assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
  });

test("many sockets share one TCP connection, beside ordinary requests and sockets over HTTP/1.1 on the same port (RFC 8441 §1)", async (t) => {
  const { server, port } = await echo(t);
  const ports = new Set<number | undefined>();
  server.on("connection", (_socket, request) => ports.add(request.socket.remotePort));
  const session = await http2Connect(t, port);
  const streams = await Promise.all(Array.from({ length: 20 }, () => openStream(session)));
  assert.equal((await answerOf(session.request({ ":path": "/" })))[":status"], 404);
  for (const [at, { stream }] of streams.entries()) stream.write(maskedFrame(1, `n${at}`));
  await until(() => streams.every(({ bytes }, at) => bytes().toString("latin1").endsWith(`n${at}`)));
  assert.equal(ports.size, 1);
  await rawUpgrade(t, port);
  assert.equal(server.clients.size, 21);
  assert.equal(ports.size, 2);
});

test("who reads or destroys the request, as middleware does, ends no other socket of the connection (RFC 8441 §5)", async (t) => {
  const { server, port } = await echo(t);
  server.on("connection", (_socket, request) => {
    request.resume();
    if (request.url === "/destroyed") request.destroy();
  });
  const session = await http2Connect(t, port);
  const { stream, bytes } = await openStream(session);
  const destroyed = connectStream(session, { ":path": "/destroyed" });
  assert.equal((await endOf(destroyed)).code, constants.NGHTTP2_CANCEL);
  stream.write(maskedFrame(1, "Hello"));
  await until(() => bytes().length >= 7);
});

test("the request that listeners get is as over HTTP/1.1: url, host, cookies, the client's address", async (t) => {
  const { server, port } = await echo(t, { tls: certificate });
  const request = new Promise<unknown>((resolve) => {
    server.on("connection", ({ remoteAddress }, { method, url, headers, httpVersion, socket }) =>
      resolve([method, url, headers.host, headers.cookie, httpVersion, "encrypted" in socket, remoteAddress]),
    );
  });
  const session = await http2Connect(t, port, "https");
  await openStream(session, { ":path": "/a?b", ":authority": "chat.example", cookie: "c=1" });
  assert.deepEqual(await request, ["GET", "/a?b", "chat.example", "c=1", "2.0", true, "127.0.0.1"]);
});

const refusals: [name: string, options: ServerOptions, fields: Record<string, string | undefined>, status: number][] = [
  ["another version: 400 (RFC 8441 §5)", {}, { "sec-websocket-version": "12" }, 400],
  ["no version: 400 (RFC 8441 §5)", {}, { "sec-websocket-version": undefined }, 400],
  ["another :protocol: 501 (RFC 9220 §3)", {}, { ":protocol": "connect-udp" }, 501],
  ["another path than the server's: 400", { path: "/chat" }, { ":path": "/other" }, 400],
  ["a foreign origin: 403 (RFC 6455 §10.2)", { origins: ["https://a.example"] }, { origin: "https://b.example" }, 403],
  ["secure: the origin of another host: 403 (RFC 6455 §10.2)", { secure: true }, { origin: "http://b.example" }, 403],
  ["verifyClient says no: 401", { verifyClient: () => false }, {}, 401],
  ["verifyClient says no with a status: 418", { verifyClient: (_info, answer) => answer(false, 418) }, {}, 418],
  ["a check says no: 402", { handshakeChecks: [() => ({ status: 402 })] }, {}, 402],
  ["a check that takes too long: 408", { handshakeTimeout: 50, handshakeChecks: [() => new Promise(() => undefined)] }, {}, 408],
  ["too many header fields: 431", { maxHeaderFields: 1 }, {}, 431],
  ["no subprotocol fits: 400", { subprotocols: { handlers: { chat: () => undefined } } }, { "sec-websocket-protocol": "other" }, 400],
];
for (const [name, options, fields, status] of refusals)
  test(`refused with an ordinary response: ${name}`, async (t) => {
    const { server, port } = await echo(t, options);
    const session = await http2Connect(t, port);
    const stream = connectStream(session, fields);
    assert.equal((await answerOf(stream))[":status"], status);
    assert.equal((await endOf(stream)).ended, true);
    assert.equal(server.clients.size, 0);
    // The connection is none the worse for it.
    assert.equal((await answerOf(session.request({ ":path": "/" })))[":status"], 404);
  });

test("secure: a page of the same origin passes, by the authority that it asked (RFC 6455 §10.2)", async (t) => {
  const { port } = await echo(t, { secure: true, tls: certificate });
  const session = await http2Connect(t, port, "https");
  const { headers } = await openStream(session, { origin: "https://chat.example", ":authority": "chat.example" });
  assert.equal(headers[":status"], 200);
});

const malformed: [what: string, fields: Record<string, string | undefined>][] = [
  ["an empty :path", { ":path": "" }],
  ["a :path that is none", { ":path": "chat" }],
  ["a Host of another server", { host: "evil.example" }],
  ["an empty :protocol", { ":protocol": "" }],
];
for (const [what, fields] of malformed)
  test(`${what} is refused or reset, and the connection stays (RFC 8441 §4, RFC 9113 §8.1.1)`, async (t) => {
    const { server, port } = await echo(t);
    const session = await http2Connect(t, port);
    const stream = connectStream(session, fields);
    const answer = answerOf(stream).then(
      (headers) => Number(headers[":status"]),
      () => "reset",
    );
    const outcome = await answer;
    assert.ok(outcome === "reset" || outcome === 400 || outcome === 501, String(outcome));
    assert.equal(server.clients.size, 0);
    assert.equal((await openStream(session)).headers[":status"], 200);
  });

test("more sockets from one address than it may have, however few TCP connections carry them: 429 (R16)", async (t) => {
  const { server, port } = await echo(t, { maxConnectionsPerAddress: 2 });
  const session = await http2Connect(t, port);
  const { stream } = await openStream(session);
  await openStream(session);
  assert.equal((await answerOf(connectStream(session)))[":status"], 429);
  stream.close(constants.NGHTTP2_CANCEL);
  await until(() => server.clients.size === 1);
  assert.equal((await answerOf(connectStream(session)))[":status"], 200);
});

test("more streams than the server announces are refused before anybody sees them (RFC 9113 §5.1.2)", async (t) => {
  const { server, port } = await echo(t, { http2: { maxStreams: 3 } });
  const session = await http2Connect(t, port);
  assert.equal(session.remoteSettings.maxConcurrentStreams, 3);
  const [first] = await Promise.all(Array.from({ length: 3 }, () => openStream(session)));
  // Node 20's client keeps it back, later ones send it and see it refused.
  const fourth = connectStream(session);
  await new Promise((resolve) => setTimeout(resolve, 100)); // it must not come
  assert.equal(server.clients.size, 3);
  fourth.close();
  first?.stream.close(constants.NGHTTP2_CANCEL);
  await until(() => server.clients.size === 2);
  assert.equal((await openStream(session)).headers[":status"], 200, "there is room for it now");
});

test("compression is negotiated and used as over TCP (RFC 7692 §7)", async (t) => {
  const { server, port } = await echo(t, { perMessageDeflate: { threshold: 0 } });
  const arrived = nextSocket(server);
  const { headers, stream, bytes } = await openStream(await http2Connect(t, port), { "sec-websocket-extensions": "permessage-deflate" });
  assert.match(String(headers["sec-websocket-extensions"]), /^permessage-deflate/);
  assert.equal((await arrived).extensions, "permessage-deflate");
  stream.write(maskedFrame(1, "Hello"));
  await until(() => bytes().length > 2);
  assert.equal(bytes()[0], 0xc1, "the answer is compressed");
});

test("a message over the limit closes its socket with 1009, and the others stay (RFC 6455 §10.4)", async (t) => {
  const { port } = await echo(t, { maxPayload: 10 });
  const session = await http2Connect(t, port);
  const [bad, good] = [await openStream(session), await openStream(session)];
  bad.stream.write(maskedFrame(2, Buffer.alloc(11)));
  await until(() => bad.bytes().length >= 4);
  assert.deepEqual(bad.bytes().subarray(0, 4), Buffer.from([0x88, 0x02, 0x03, 0xf1]));
  good.stream.write(maskedFrame(1, "fine"));
  await until(() => good.bytes().toString("latin1").endsWith("fine"));
});

test("a socket whose peer answers no heartbeat is reset with CANCEL, the one that answers stays (R4, RFC 8441 §5)", async (t) => {
  const { server, port } = await echo(t, { heartbeat: { intervalMs: 100, timeoutMs: 1000 } });
  const session = await http2Connect(t, port);
  const [dead, alive] = [await openStream(session), await openStream(session)];
  alive.stream.on("data", (chunk: Buffer) => {
    if (chunk[0] === 0x89) alive.stream.write(maskedFrame(10, chunk.subarray(2, 2 + (chunk[1] ?? 0))));
  });
  assert.equal((await endOf(dead.stream)).code, constants.NGHTTP2_CANCEL);
  assert.equal(server.clients.size, 1);
  assert.equal(alive.stream.closed, false);
});

test("a stream reset midway is a lost connection: 1006, without an error thrown anywhere (RFC 8441 §5, RFC 6455 §7.1.5)", async (t) => {
  const { server, port } = await echo(t);
  const session = await http2Connect(t, port);
  for (const code of [constants.NGHTTP2_CANCEL, constants.NGHTTP2_INTERNAL_ERROR, constants.NGHTTP2_NO_ERROR]) {
    const arrived = nextSocket(server);
    const { stream } = await openStream(session);
    const socket = await arrived;
    stream.write(maskedFrame(1, "half a message", false));
    const end = closed(socket);
    stream.close(code);
    assert.deepEqual(await end, [1006, ""]);
  }
  assert.equal((await openStream(session)).headers[":status"], 200);
});

test("END_STREAM without a close frame is a lost connection, too (RFC 8441 §5, RFC 6455 §7.1.5)", async (t) => {
  const { server, port } = await echo(t);
  const arrived = nextSocket(server);
  const { stream } = await openStream(await http2Connect(t, port));
  const end = closed(await arrived);
  stream.end();
  assert.deepEqual(await end, [1006, ""]);
});

test("the end of the TCP connection is the end of all its sockets", async (t) => {
  const { server, port } = await echo(t);
  const session = await http2Connect(t, port);
  await Promise.all([openStream(session), openStream(session)]);
  const ends = [...server.clients].map(closed);
  session.destroy();
  assert.deepEqual(await Promise.all(ends), [
    [1006, ""],
    [1006, ""],
  ]);
});

test("terminate() resets the stream with CANCEL (RFC 8441 §5)", async (t) => {
  const { server, port } = await echo(t);
  const arrived = nextSocket(server);
  const { stream } = await openStream(await http2Connect(t, port));
  (await arrived).terminate();
  assert.equal((await endOf(stream)).code, constants.NGHTTP2_CANCEL);
});

test("a client that closes its window holds the sender back, and it alone: send() is false, the queue grows, drain comes when it opens (RFC 8441 §5, RFC 9113 §5.2)", async (t) => {
  const { server, port } = await echo(t, { highWaterBytes: 200_000 });
  const session = await http2Connect(t, port);
  const arrived = nextSocket(server);
  const stuck = connectStream(session);
  await answerOf(stuck);
  stuck.pause();
  const socket = await arrived;
  const chunk = Buffer.alloc(50_000);
  let sent = 0;
  while (socket.send(chunk)) sent++;
  assert.ok(sent <= 4);
  const drained = once(socket, "drain");
  await new Promise((resolve) => setTimeout(resolve, 100)); // for bytes to leave that can
  assert.ok(socket.bufferedAmount > 100_000, `${socket.bufferedAmount} are buffered`);
  const other = await openStream(session);
  other.stream.write(maskedFrame(1, "not held up"));
  await until(() => other.bytes().toString("latin1").endsWith("not held up"));
  stuck.resume();
  await drained;
});

test("a paused socket holds its client to the window, and the others on the connection do not notice (RFC 9113 §5.2)", async (t) => {
  const { server, port } = await echo(t);
  const session = await http2Connect(t, port);
  const arrived = nextSocket(server);
  const { stream } = await openStream(session);
  const socket = await arrived;
  let received = 0;
  socket.on("message", (data) => {
    received += (data as Buffer).length;
  });
  socket.pause();
  const frame = maskedFrame(2, Buffer.alloc(125));
  const total = 20_000;
  for (let i = 0; i < total; i++) stream.write(frame);
  const other = await openStream(session);
  other.stream.write(maskedFrame(1, "not held up"));
  await until(() => other.bytes().toString("latin1").endsWith("not held up"));
  await new Promise((resolve) => setTimeout(resolve, 200)); // for bytes to leave that can
  const held = stream.writableLength;
  assert.ok(held > total * frame.length - 262_144 - 200_000, `${held} bytes wait at the client`);
  assert.equal(received, 0);
  socket.resume();
  await until(() => received === total * 125);
});

test("1,000 sockets on one TCP connection (RFC 8441 §1)", async (t) => {
  const { server, port } = await echo(t);
  const session = await http2Connect(t, port);
  const streams = await Promise.all(Array.from({ length: 1000 }, () => openStream(session)));
  for (const { stream } of streams) stream.write(maskedFrame(1, "one of many"));
  await until(() => streams.every(({ bytes }) => bytes().length === 13));
  assert.equal(server.clients.size, 1000);
  for (const { stream } of streams) stream.end(closeFrame);
  await until(() => server.clients.size === 0);
});

test("a flood of resets ends with the connection, and others are served meanwhile (CVE-2023-44487)", async (t) => {
  let upgrades = 0;
  const { server, port } = await echo(t, {
    handshakeChecks: [
      () => {
        upgrades++;
        return undefined;
      },
    ],
  });
  const flood = await http2Connect(t, port);
  const step = (): void => {
    for (let i = 0; i < 500 && !flood.destroyed && !flood.closed; i++) connectStream(flood).close(constants.NGHTTP2_CANCEL);
    if (!flood.destroyed && !flood.closed) setImmediate(step);
  };
  step();
  await until(() => flood.destroyed);
  assert.ok(upgrades < 10_000, `${upgrades} handshakes were looked at`);
  await until(() => server.clients.size === 0);
  const { stream, bytes } = await openStream(await http2Connect(t, port));
  stream.write(maskedFrame(1, "still here"));
  await until(() => bytes().toString("latin1").endsWith("still here"));
});

test("R8: a drain tells each socket 1001 and the connection GOAWAY; nothing new is taken, and all is closed when it resolves", async (t) => {
  for (const options of [{}, { tls: certificate }] as const) {
    const { server, port } = await echo(t, options);
    const session = await http2Connect(t, port, "tls" in options ? "https" : "http");
    const streams = await Promise.all([openStream(session), openStream(session)]);
    const goaway = once(session, "goaway");
    const drained = server.close({ code: 1012, deadlineMs: 5000 });
    await goaway;
    for (const { stream, bytes } of streams) {
      await until(() => bytes().length >= 4);
      assert.deepEqual(bytes().subarray(0, 4), Buffer.from([0x88, 0x02, 0x03, 0xf4]));
      stream.end(maskedFrame(8, Buffer.from([0x03, 0xf4])));
    }
    assert.deepEqual(await drained, { closed: 2, terminated: 0 });
    await until(() => session.closed);
  }
});

test("an http2 server of the application's: WebSockets over both versions are taken, all else stays the application's", async (t) => {
  const app = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
    response.end(`app ${request.url}`);
  });
  const server = new WebSocketServer({ server: app, path: "/chat", http2: { maxStreams: 50 } });
  app.listen(0, "127.0.0.1");
  t.after(() => app.close());
  await once(server, "listening");
  const { port } = app.address() as AddressInfo;
  const session = await http2Connect(t, port, "https");
  assert.equal(session.remoteSettings.maxConcurrentStreams, 50);
  const message = new Promise((resolve) => {
    server.on("connection", (socket) => socket.on("message", (data) => resolve(textOf(data))));
  });
  const { stream } = await openStream(session, { ":path": "/chat" });
  stream.write(maskedFrame(1, "hello"));
  assert.equal(await message, "hello");
  const page = session.request({ ":path": "/page" });
  page.setEncoding("utf8");
  assert.equal((await page.toArray()).join(""), "app /page");
  stream.close();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  assert.equal((await answerOf(connectStream(session, { ":path": "/chat" })))[":status"], 405, "closed: the application has it again");
});

test("http2: false leaves an http2 server's CONNECTs alone", async (t) => {
  const app = createServer((_request, response) => response.end());
  const server = new WebSocketServer({ server: app, http2: false });
  app.listen(0, "127.0.0.1");
  t.after(() => app.close());
  await once(server, "listening");
  const session = await http2Connect(t, (app.address() as AddressInfo).port);
  assert.notEqual(session.remoteSettings.enableConnectProtocol, true);
});
