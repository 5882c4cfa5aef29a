import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { BareRequest } from "../../src/fast-driver/bare-request.ts";
import { driverSupport } from "../../src/fast-driver/driver-for.ts";
import type { ServerOptions } from "../../src/server-options.ts";
import type { WebSocket } from "../../src/websocket.ts";
import type { WebSocketServer } from "../../src/websocket-server.ts";
import { closed, listen } from "../fixtures/pair.ts";
import { maskedFrame, rawConnect, readAll, upgradeRequest } from "../fixtures/raw-client.ts";
import { until } from "../fixtures/until.ts";

await driverSupport();

type Accepted = { socket: WebSocket; request: IncomingMessage };

/** A server that echoes and collects what its `connection` listener is given. */
async function echoing(
  t: TestContext,
  options: ServerOptions = {},
): Promise<{ server: WebSocketServer; port: number; accepted: Accepted[] }> {
  const { server, port } = await listen(t, { driver: "fast", ...options });
  const accepted: Accepted[] = [];
  server.on("connection", (socket, request) => {
    accepted.push({ socket, request });
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return { server, port, accepted };
}

function httpServerOf(server: WebSocketServer): Server {
  // oxlint-disable-next-line no-underscore-dangle -- the name that ws gave it
  return server._server as Server;
}

function transportOf(socket: WebSocket | undefined): Socket {
  // oxlint-disable-next-line no-underscore-dangle -- the name that ws gave it
  const transport = socket?._socket;
  assert.ok(transport instanceof Socket);
  return transport;
}

async function connections(server: WebSocketServer): Promise<number> {
  const http = httpServerOf(server);
  return promisify(http.getConnections.bind(http))();
}

const echoed = (text: string): Buffer => Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);

/** Collects what the socket reads from now on. */
function reading(socket: Socket): { all: Buffer } {
  const read = { all: Buffer.alloc(0) };
  socket.on("data", (chunk: Buffer) => {
    read.all = Buffer.concat([read.all, chunk]);
  });
  return read;
}

test("a plain upgrade request is answered without node:http, and the connection works", async (t) => {
  const { port, accepted } = await echoing(t);
  const client = await rawConnect(t, port);
  const read = reading(client);
  client.write(upgradeRequest());
  await until(() => accepted.length === 1);
  client.write(maskedFrame(1, "hello"));
  await until(() => read.all.includes(echoed("hello")));
  assert.match(read.all.toString("latin1"), /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assert.ok(accepted[0]?.request instanceof BareRequest);
});

test("the request is an IncomingMessage like any other: fields, repeats, target, version", async (t) => {
  const { port, accepted } = await echoing(t);
  const client = await rawConnect(t, port);
  client.write(upgradeRequest({ Cookie: "a=1", "X-Repeat": "one\r\nX-Repeat: two" }, "GET /path?query=1 HTTP/1.1"));
  await until(() => accepted.length === 1);
  const request = accepted[0]?.request;
  assert.ok(request);
  const { method, url, httpVersion, httpVersionMajor, httpVersionMinor, headers, rawHeaders, headersDistinct, complete } = request;
  assert.deepEqual(
    { method, url, httpVersion, httpVersionMajor, httpVersionMinor, complete },
    { method: "GET", url: "/path?query=1", httpVersion: "1.1", httpVersionMajor: 1, httpVersionMinor: 1, complete: true },
  );
  assert.equal(headers["x-repeat"], "one, two");
  assert.deepEqual(headersDistinct["x-repeat"], ["one", "two"]);
  assert.equal(headers.cookie, "a=1");
  assert.deepEqual(rawHeaders.slice(-4), ["X-Repeat", "one", "X-Repeat", "two"]);
  assert.deepEqual(rawHeaders.slice(0, 2), ["Host", "localhost"]);
});

test("the request's socket is the net.Socket of the connection, the same as _socket, made when it is asked for", async (t) => {
  const { server, port, accepted } = await echoing(t);
  const client = await rawConnect(t, port);
  const read = reading(client);
  client.write(upgradeRequest());
  await until(() => accepted.length === 1);
  const [first] = accepted;
  assert.ok(first);
  assert.equal(await connections(server), 1);
  const { socket: transport } = first.request;
  assert.equal(transport, transportOf(first.socket));
  assert.equal(first.request.connection, transport);
  assert.equal(transport.remoteAddress, "127.0.0.1");
  assert.equal(transport.remotePort, client.localPort);
  client.write(maskedFrame(1, "after"));
  await until(() => read.all.includes(echoed("after")));
  assert.equal(await connections(server), 1);
  const closes = [once(transport, "close"), closed(first.socket)];
  client.destroy();
  await Promise.all(closes);
  assert.equal(await connections(server), 0);
});

test("frames that come with the request are read, whole and in part", async (t) => {
  const { port, accepted } = await echoing(t);
  const client = await rawConnect(t, port);
  const read = reading(client);
  const frame = maskedFrame(1, "second");
  client.write(Buffer.concat([Buffer.from(upgradeRequest()), maskedFrame(1, "first"), frame.subarray(0, 5)]));
  await until(() => read.all.includes(echoed("first")));
  client.write(frame.subarray(5));
  await until(() => read.all.includes(echoed("second")));
  assert.ok(accepted[0]?.request instanceof BareRequest);
});

test("a request in two pieces, cut anywhere, is answered by node:http, and the connection works", async (t) => {
  const { port, accepted } = await echoing(t);
  const whole = Buffer.concat([Buffer.from(upgradeRequest()), maskedFrame(1, "x")]);
  const end = upgradeRequest().length;
  for (let cut = 1; cut < end; cut += 11) {
    const client = await rawConnect(t, port);
    client.setNoDelay(true);
    const read = reading(client);
    const count = accepted.length;
    client.write(whole.subarray(0, cut));
    await delay(3);
    client.write(whole.subarray(cut));
    await until(() => read.all.includes(echoed("x")));
    assert.equal(accepted.length, count + 1);
    client.destroy();
  }
  // All but those whose pieces the kernel had put together again.
  assert.ok(accepted.some(({ request }) => !(request instanceof BareRequest)));
});

test("clients of node:http that are reset or end in the middle of a request end nothing but their connections", async (t) => {
  const { server, port, accepted } = await echoing(t);
  for (const text of ["GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1", upgradeRequest().slice(0, 40)]) {
    for (const end of ["resetAndDestroy", "end"] as const) {
      const client = await rawConnect(t, port);
      client.on("error", () => undefined);
      client.resume().write(text);
      while ((await connections(server)) !== 1) await delay(2);
      await delay(3);
      client[end]();
      while ((await connections(server)) !== 0) await delay(2);
    }
  }
  const client = await rawConnect(t, port);
  client.write(upgradeRequest());
  await until(() => accepted.length === 1);
  assert.ok(accepted[0]?.request instanceof BareRequest);
});

test("other requests go to the http server untouched: plain, with a body, pipelined before an upgrade", async (t) => {
  const { server, port, accepted } = await echoing(t);
  const bodies: string[] = [];
  httpServerOf(server)
    .removeAllListeners("request")
    .on("request", (request: IncomingMessage, response) => {
      let body = "";
      request
        .on("data", (chunk) => (body += chunk))
        .on("end", () => {
          bodies.push(body);
          response.end(`${request.url} ${body}`);
        });
    });
  const answer = await new Promise<string>((resolve, reject) => {
    const request = httpRequest({ port, host: "127.0.0.1", method: "POST", path: "/post", agent: false }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk)).on("end", () => resolve(body));
    });
    request.on("error", reject).end("b".repeat(200_000));
  });
  assert.equal(answer.length, 200_006);
  const client = await rawConnect(t, port);
  const read = reading(client);
  client.write(
    `GET /first HTTP/1.1\r\nHost: a\r\n\r\nPOST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody${upgradeRequest()}`,
  );
  await until(() => accepted.length === 1);
  client.write(maskedFrame(1, "up"));
  await until(() => read.all.includes(echoed("up")));
  // The answer to a request that is still read may come behind that of the upgrade: node:http has no order there.
  assert.deepEqual(bodies.slice(1), ["", "body"]);
  assert.equal(await connections(server), 1);
});

test("a refused request gets the same answer as over node:http, and its connection is closed", async (t) => {
  const { port } = await echoing(t, { path: "/only" });
  const slow = await echoing(t, { path: "/only", driver: "portable" });
  for (const request of [
    upgradeRequest(),
    upgradeRequest({ "Sec-WebSocket-Key": "no" }, "GET /only HTTP/1.1"),
    upgradeRequest({ "Sec-WebSocket-Version": "12" }, "GET /only HTTP/1.1"),
    upgradeRequest({ Host: undefined }, "GET /only HTTP/1.1"),
    upgradeRequest({}, "POST /only HTTP/1.1"),
  ]) {
    const answers = await Promise.all(
      [port, slow.port].map(async (each) => {
        const client = await rawConnect(t, each);
        client.write(request);
        return (await readAll(client)).replace(/Date: .*\r\n/, "");
      }),
    );
    assert.equal(answers[0], answers[1]);
    assert.match(answers[0] ?? "", /^HTTP\/1\.1 4/);
  }
});

test("wsClientError is given the real socket", async (t) => {
  const { server, port } = await echoing(t);
  const failed = once(server, "wsClientError") as Promise<[Error, Socket, IncomingMessage]>;
  const client = await rawConnect(t, port);
  client.write(upgradeRequest({ "Sec-WebSocket-Key": "no" }));
  const [, socket, request] = await failed;
  assert.ok(socket instanceof Socket);
  assert.equal(request.socket, socket);
  socket.end("HTTP/1.1 418 Teapot\r\n\r\n");
  assert.match(await readAll(client), /^HTTP\/1\.1 418/);
});

const steps: [what: string, options: ServerOptions, isBare: boolean][] = [
  ["handleProtocols", { handleProtocols: (offered) => [...offered][1] ?? false }, true],
  ["verifyClient that answers at once", { verifyClient: ({ req }) => req.headers["host"] === "localhost" }, true],
  ["verifyClient that looks at the socket", { verifyClient: ({ req }) => req.socket.remoteAddress === "127.0.0.1" }, true],
  ["verifyClient that answers later", { verifyClient: (_info, answer) => setTimeout(answer, 5, true) }, false],
  ["handshakeChecks", { handshakeChecks: [async () => undefined] }, false],
];

for (const [what, options, isBare] of steps) {
  test(`with ${what} the handshake is the same`, async (t) => {
    const { port, accepted } = await echoing(t, options);
    const client = await rawConnect(t, port);
    const read = reading(client);
    client.write(upgradeRequest({ "Sec-WebSocket-Protocol": "a, b" }));
    await until(() => accepted.length === 1);
    client.write(maskedFrame(1, "x"));
    await until(() => read.all.includes(echoed("x")));
    assert.equal(accepted[0]?.request instanceof BareRequest, isBare);
    assert.equal(accepted[0]?.socket.protocol, what === "handleProtocols" ? "b" : "a");
  });
}

test("a listener for headers may change the answer", async (t) => {
  const { server, port } = await echoing(t);
  server.on("headers", (lines, request) => lines.push(`X-Target: ${request.url}`));
  const client = await rawConnect(t, port);
  const read = reading(client);
  client.write(upgradeRequest({}, "GET /here HTTP/1.1"));
  await until(() => read.all.includes("\r\n\r\n"));
  assert.match(read.all.toString("latin1"), /\r\nX-Target: \/here\r\n/);
});

test("whoever watches connections, or limits them, gets them from net as ever", async (t) => {
  const cases: ((server: Server) => () => void)[] = [
    (server) => {
      const listener = (): void => undefined;
      server.on("connection", listener);
      return () => server.off("connection", listener);
    },
    (server) => {
      server.maxConnections = 10;
      return () => undefined;
    },
    () => {
      const listener = (): void => undefined;
      channel("net.server.socket").subscribe(listener);
      return () => channel("net.server.socket").unsubscribe(listener);
    },
  ];
  for (const watch of cases) {
    const { server, port, accepted } = await echoing(t);
    const unwatch = watch(httpServerOf(server));
    const client = await rawConnect(t, port);
    client.write(upgradeRequest());
    await until(() => accepted.length === 1);
    unwatch();
    assert.equal(accepted[0]?.request instanceof BareRequest, false);
  }
});

test("a class of the application's own that overrides a step of the handshake has it called by node:http", async (t) => {
  const { server, port, accepted } = await echoing(t);
  const original = server.shouldHandle.bind(server);
  server.shouldHandle = (request) => original(request);
  const client = await rawConnect(t, port);
  client.write(upgradeRequest());
  await until(() => accepted.length === 1);
  assert.equal(accepted[0]?.request instanceof BareRequest, false);
});

test("who says nothing is given to node:http after a second, and can still connect", async (t) => {
  const { server, port, accepted } = await echoing(t);
  const client = await rawConnect(t, port);
  // Real time: the acceptor's own second.
  await delay(2100);
  assert.equal(await connections(server), 1);
  client.write(upgradeRequest());
  await until(() => accepted.length === 1);
  assert.equal(accepted[0]?.request instanceof BareRequest, false);
});

test("who says nothing is dropped when the server closes, and who goes away unheard is not counted any more", async (t) => {
  const { server, port } = await echoing(t);
  const silent = await rawConnect(t, port);
  const gone = await rawConnect(t, port);
  await until(() => silent.readyState === "open");
  gone.destroy();
  await delay(20);
  assert.equal(await connections(server), 1);
  const close = once(server, "close");
  server.close();
  await Promise.all([close, once(silent.resume(), "close")]);
});

test("server.close() waits for bare connections, as for all others", async (t) => {
  const { server, port, accepted } = await echoing(t);
  const client = await rawConnect(t, port);
  client.write(upgradeRequest());
  await until(() => accepted.length === 1);
  let isClosed = false;
  server.close(() => {
    isClosed = true;
  });
  await delay(20);
  assert.equal(isClosed, false);
  accepted[0]?.socket.terminate();
  await until(() => isClosed);
});

test("a socket that is asked for after the end is a closed one", async (t) => {
  const { port, accepted } = await echoing(t);
  const client = await rawConnect(t, port);
  client.write(upgradeRequest());
  await until(() => accepted.length === 1);
  const [first] = accepted;
  assert.ok(first);
  first.socket.terminate();
  await closed(first.socket);
  assert.equal(transportOf(first.socket).destroyed, true);
  assert.equal(first.request.socket.remoteAddress, undefined);
});

const ends: [what: string, end: (client: Socket) => void, code: number][] = [
  ["a close frame", (client) => client.write(maskedFrame(8, Buffer.from([0x03, 0xe8]))), 1000],
  ["FIN without a close frame", (client) => client.end(), 1006],
  ["a reset", (client) => client.resetAndDestroy(), 1006],
];

for (const [what, end, code] of ends) {
  test(`a connection without a net.Socket ends by ${what} with ${code}, and is not counted any more`, async (t) => {
    const { server, port, accepted } = await echoing(t);
    const client = await rawConnect(t, port);
    client.write(upgradeRequest());
    client.resume();
    client.on("end", () => client.end());
    await until(() => accepted.length === 1);
    const [first] = accepted;
    assert.ok(first);
    const close = closed(first.socket);
    end(client);
    assert.equal((await close)[0], code);
    await until(() => server.clients.size === 0);
    assert.equal(await connections(server), 0);
  });
}
