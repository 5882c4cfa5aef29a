import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, test } from "node:test";
import type { CloseEvent } from "../../src/web/close-event.ts";
import { setEnvironment } from "../../src/web/environment.ts";
import { WebSocket } from "../../src/web/websocket.ts";
import { WebSocketServer } from "../../src/websocket-server.ts";
import { certificate } from "../fixtures/certificate.ts";
import { listen } from "../fixtures/pair.ts";
import { nextUncaught } from "../fixtures/uncaught.ts";
import { until } from "../fixtures/until.ts";

afterEach(() => setEnvironment({}));

test("what the kernel took leaves bufferedAmount in a later task; what it never took stays counted (WebSockets Standard §3.1)", async (t) => {
  const { server, url } = await listen(t);
  const client = new WebSocket(url);
  await once(client, "open");
  client.send("é€");
  client.send(new Uint8Array(3));
  client.send(new Blob(["four"]));
  assert.equal(client.bufferedAmount, 5 + 3 + 4);
  await Promise.resolve();
  assert.equal(client.bufferedAmount, 12);
  await until(() => client.bufferedAmount === 0);
  for (const socket of server.clients) socket.pause();
  client.send(new Uint8Array(64 << 20));
  for (const socket of server.clients) socket.terminate();
  await once(client, "close");
  assert.equal(client.bufferedAmount, 64 << 20);
  client.send("x");
  assert.equal(client.bufferedAmount, (64 << 20) + 1);
});

test("messages that come behind close() are not dispatched, nor those that were queued before it (WebSockets Standard §3)", async (t) => {
  const { server, url } = await listen(t);
  server.on("connection", (socket) => {
    for (const text of ["1", "2", "3"]) socket.send(text);
  });
  const client = new WebSocket(url);
  const seen: unknown[] = [];
  client.onmessage = (event) => {
    seen.push(event.data);
    client.close();
  };
  const [event] = (await once(client, "close")) as [CloseEvent];
  assert.deepEqual(seen, ["1"]);
  assert.deepEqual([event.code, event.wasClean], [1005, true]);
});

test("the settings of the environment hold for wss, and its base gives addresses and Origin (RFC 6455 §4.1)", async (t) => {
  const https = createServer(certificate);
  const server = new WebSocketServer({ server: https });
  const asked: unknown[] = [];
  server.on("connection", (socket, request) => {
    asked.push([request.url, request.headers.origin]);
    socket.close();
  });
  https.listen(0, "localhost");
  await once(https, "listening");
  t.after(() => https.close());
  const { port } = https.address() as AddressInfo;
  setEnvironment({ baseUrl: `https://localhost:${port}/page/`, client: { ca: certificate.cert } });
  const client = new WebSocket("room?x");
  await once(client, "close");
  assert.equal(client.url, `wss://localhost:${port}/page/room?x`);
  assert.deepEqual(asked, [["/page/room?x", `https://localhost:${port}`]]);
  setEnvironment({});
  const refused = new WebSocket(`wss://localhost:${port}/`);
  await once(refused, "error");
});

test("a throw in a listener stops neither the events behind it nor the socket (HTML Standard §8.1.4)", async (t) => {
  const { server, url } = await listen(t);
  server.on("connection", (socket) => {
    socket.send("1");
    socket.send("2");
    socket.close();
  });
  const client = new WebSocket(url);
  const seen: unknown[] = [];
  client.addEventListener(
    "message",
    () => {
      throw new Error("of a listener");
    },
    { once: true },
  );
  client.addEventListener("message", (event) => seen.push(event.data));
  const thrown = nextUncaught();
  await once(client, "close");
  assert.deepEqual(seen, ["1", "2"]);
  assert.equal((await thrown).message, "of a listener");
});

test("twenty listeners of one event bring no warning of Node's", (t) => {
  const client = new WebSocket("ws://127.0.0.1:1/");
  const warned = t.mock.method(process, "emitWarning");
  for (let count = 0; count < 20; count++) client.addEventListener("message", () => undefined);
  assert.equal(warned.mock.callCount(), 0);
});

test("binaryType can be set on a WebSocket alone, whatever the value; one that is none is ignored (Web IDL §3.7.7)", async (t) => {
  const { url } = await listen(t);
  const { set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "binaryType") ?? {};
  for (const value of ["blob", "none"]) assert.throws(() => Reflect.apply(set ?? Object, {}, [value]), TypeError);
  const client = new WebSocket(url);
  client.binaryType = "arraybuffer";
  Reflect.set(client, "binaryType", "none");
  assert.equal(client.binaryType, "arraybuffer");
  client.close();
});
