import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { acceptKey } from "@openline/protocol";
import type { ClientOptions } from "../src/client-options.ts";
import { platform } from "../src/platform.ts";
import { WebSocket } from "../src/websocket.ts";
import { WebSocketServer } from "../src/websocket-server.ts";
import { closed, listen } from "./fixtures/pair.ts";

/** The error and the close code of a connection that does not come about. */
async function failure(
  address: string,
  protocols: string | string[] = [],
  options: ClientOptions = {},
): Promise<[message: string, code: number]> {
  const client = new WebSocket(address, protocols, options);
  let message = "none";
  client.on("error", (error) => {
    message = error.message;
  });
  const [code] = await closed(client);
  return [message, code];
}

/** A TCP server that answers each request with what `answer` makes of its key. */
async function answering(t: TestContext, answer: (key: string) => string): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (request) => {
      const key = /sec-websocket-key: (\S+)/i.exec(String(request))?.[1] ?? "";
      socket.write(answer(key), "latin1");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers each upgrade request with a redirect. */
const redirecting = (t: TestContext, location: string): Promise<string> =>
  answering(t, () => `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);

const head = (key: string, changes: Record<string, string | undefined> = {}): string => {
  const fields = { Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Accept": acceptKey(key, platform), ...changes };
  const lines = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`;
};

const wrongAnswers = [
  ["a wrong accept value", { "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }, [], "Invalid Sec-WebSocket-Accept header"],
  ["no accept value", { "Sec-WebSocket-Accept": undefined }, [], "Invalid Sec-WebSocket-Accept header"],
  ["another upgrade", { Upgrade: "other" }, [], "Invalid Upgrade header"],
  ["a subprotocol nobody asked for", { "Sec-WebSocket-Protocol": "chat" }, [], "Server sent a subprotocol but none was requested"],
  ["another subprotocol than offered", { "Sec-WebSocket-Protocol": "b" }, ["a"], "Server sent an invalid subprotocol"],
  ["no subprotocol though some were offered", {}, ["a"], "Server sent no subprotocol"],
  ["an extension nobody asked for", { "Sec-WebSocket-Extensions": "x-unknown" }, [], "Invalid Sec-WebSocket-Extensions header"],
] as const;

for (const [name, changes, protocols, message] of wrongAnswers) {
  test(`a client gives up on ${name}: error, then close with 1006 (RFC 6455 §4.1)`, async (t) => {
    const url = await answering(t, (key) => head(key, changes));
    assert.deepEqual(await failure(url, [...protocols]), [message, 1006]);
  });
}

test("a client that offers no extension gives up on an answer with one (RFC 6455 §4.1)", async (t) => {
  const url = await answering(t, (key) => head(key, { "Sec-WebSocket-Extensions": "permessage-deflate" }));
  const message = "Server sent a Sec-WebSocket-Extensions header but no extension was requested";
  assert.deepEqual(await failure(url, [], { perMessageDeflate: false }), [message, 1006]);
});

test("frames that come in one packet with the response are not lost", async (t) => {
  const url = await answering(t, (key) => `${head(key)}\x81\x02hi`);
  const client = new WebSocket(url);
  await once(client, "open");
  const [data] = (await once(client, "message")) as [Buffer];
  assert.equal(String(data), "hi");
  client.terminate();
});

test("another status than 101 is an error, unless somebody listens for unexpected-response", async (t) => {
  const url = await answering(t, () => "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  assert.deepEqual(await failure(url), ["Unexpected server response: 401", 1006]);
  const client = new WebSocket(url);
  client.on("error", () => undefined);
  client.on("unexpected-response", (request, response) => {
    assert.equal(response.statusCode, 401);
    request.destroy(new Error("seen"));
  });
  const [error] = (await once(client, "error")) as [Error];
  assert.equal(error.message, "seen");
});

test("a refused TCP connection is an error with its code", async () => {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const [error] = (await once(client, "error")) as [{ code: string }];
  assert.equal(error.code, "ECONNREFUSED");
});

test("handshakeTimeout counts from the start, however much the server says meanwhile", async (t) => {
  const server = createTcpServer((socket) => {
    const drip = setInterval(() => socket.write("HTTP/1.1 101 Switching Protocols\r\nX-Drip: "[drips++ % 44] ?? "x"), 10);
    let drips = 0;
    socket.on("error", () => undefined).on("close", () => clearInterval(drip));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  assert.deepEqual(await failure(`ws://127.0.0.1:${port}`, [], { handshakeTimeout: 100 }), ["Opening handshake has timed out", 1006]);
});

test("redirects are followed when asked, up to maxRedirects, and reported", async (t) => {
  const { url } = await listen(t);
  const from = await redirecting(t, url);
  assert.deepEqual(await failure(from), ["Unexpected server response: 302", 1006]);
  const client = new WebSocket(from, { followRedirects: true });
  const seen: string[] = [];
  client.on("redirect", (to) => seen.push(to));
  await once(client, "open");
  assert.deepEqual(seen, [`${url}/`]);
  assert.equal(client.url, `${url}/`);
  client.terminate();
  const loop = await redirecting(t, "/again");
  assert.deepEqual(await failure(loop, [], { followRedirects: true, maxRedirects: 2 }), ["Maximum redirects exceeded", 1006]);
  const nowhere = await redirecting(t, "ftp://x/");
  assert.match((await failure(nowhere, [], { followRedirects: true }))[0], /must be one of "ws:"/);
});

test("credentials go to no other host on a redirect", async (t) => {
  const seen: Record<string, unknown>[] = [];
  const { server, url } = await listen(t);
  server.on("connection", (_socket, request) => seen.push({ ...request.headers }));
  const from = await redirecting(t, url);
  const client = new WebSocket(from.replace("ws://", "ws://user:secret@"), {
    followRedirects: true,
    headers: { Authorization: "Bearer x", Cookie: "a=1", "X-Kept": "yes" },
  });
  await once(client, "open");
  client.terminate();
  assert.deepEqual([seen[0]?.["authorization"], seen[0]?.["cookie"], seen[0]?.["x-kept"]], [undefined, undefined, "yes"]);
});

test("headers, origin, credentials of the URL and the protocol version go out", async (t) => {
  const { server, url } = await listen(t);
  const request = once(server, "connection") as Promise<[WebSocket, IncomingMessage]>;
  const client = new WebSocket(url.replace("ws://", "ws://user:p%40ss@"), {
    origin: "https://a.example",
    protocolVersion: 8,
    headers: { Cookie: "a=1" },
  });
  client.on("error", () => undefined);
  const { headers } = (await request)[1];
  client.terminate();
  assert.equal(headers["sec-websocket-origin"], "https://a.example");
  assert.equal(headers["sec-websocket-version"], "8");
  assert.equal(headers.cookie, "a=1");
  assert.equal(headers.authorization, `Basic ${Buffer.from("user:p@ss").toString("base64")}`);
  assert.throws(() => new WebSocket(url, { protocolVersion: 12 }), /Unsupported protocol version: 12/);
});

test("agent, createConnection and finishRequest are used", async (t) => {
  const { url, port } = await listen(t);
  const used: string[] = [];
  class Counting extends Agent {
    override createConnection(...args: Parameters<Agent["createConnection"]>): ReturnType<Agent["createConnection"]> {
      used.push("agent");
      return super.createConnection(...args);
    }
  }
  const options: ClientOptions[] = [
    { agent: new Counting(), createConnection: undefined },
    { createConnection: () => (used.push("createConnection"), connect(port, "127.0.0.1")) },
    {
      finishRequest: (request) => {
        used.push("finishRequest");
        request.setHeader("X-Late", "1").end();
      },
    },
  ];
  for (const one of options) {
    const client = new WebSocket(url, one);
    await once(client, "open");
    client.terminate();
  }
  assert.ok(used.includes("createConnection") && used.includes("finishRequest"), used.join());
});

test("ws+unix: connects through a Unix domain socket", async (t) => {
  const path = join(tmpdir(), `openline-${process.pid}.sock`);
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  http.listen(path);
  await once(http, "listening");
  t.after(() => http.close());
  const request = once(server, "connection") as Promise<[WebSocket, IncomingMessage]>;
  const client = new WebSocket(`ws+unix:${path}:/chat?x=1`);
  await once(client, "open");
  assert.equal((await request)[1].url, "/chat?x=1");
  client.terminate();
});

test("arguments that cannot be are thrown at once", () => {
  assert.throws(() => new WebSocket("nonsense"), SyntaxError);
  assert.throws(() => new WebSocket("ws://localhost/", ["a", "a"]), /invalid or duplicated subprotocol/i);
});
