import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { type TestContext, test } from "node:test";
import { PROFILES } from "@openline/protocol";
import { duplexPair } from "@openline/testkit";
import { driverSupport } from "../src/fast-driver/driver-for.ts";
import { acceptLegacy, legacyOpening, legacyVerdict } from "../src/legacy.ts";
import type { ServerOptions } from "../src/server-options.ts";
import type { WebSocket } from "../src/websocket.ts";
import { WebSocketServer } from "../src/websocket-server.ts";
import { certificate } from "./fixtures/certificate.ts";
import { HixieClient, hixieRequest } from "./fixtures/hixie-client.ts";
import { closed, listen } from "./fixtures/pair.ts";
import { until } from "./fixtures/until.ts";

const head75 = [
  "HTTP/1.1 101 Web Socket Protocol Handshake",
  "Upgrade: WebSocket",
  "Connection: Upgrade",
  "WebSocket-Origin: http://page.example",
  "WebSocket-Location: ws://example.com/ls",
  "",
  "",
].join("\r\n");

async function echo(t: TestContext, options: ServerOptions = {}): Promise<{ port: number; server: WebSocketServer; sockets: WebSocket[] }> {
  const { server, port } = await listen(t, { legacy: true, ...options });
  const sockets: WebSocket[] = [];
  server.on("connection", (socket) => {
    sockets.push(socket.on("error", () => undefined));
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return { port, server, sockets };
}

for (const driver of ["fast", "portable"] as const) {
  test(`G: GET /ls with Upgrade: WebSocket and no key is answered as hixie-75 asks, and texts go both ways (${driver} driver)`, async (t) => {
    if (driver === "fast") await driverSupport();
    const { port } = await echo(t, { driver });
    const client = new HixieClient(t, port);
    client.write(hixieRequest(75, "/ls"));
    assert.equal(await client.read("\r\n\r\n"), head75);
    for (const text of ["hello..", "", "é€😀", "x".repeat(100_000)]) {
      client.send(text);
      assert.equal(await client.text(), text);
    }
  });

  test(`hixie-76: the head of the answer leaves before the eight bytes come, then their MD5, then frames (hixie-76 §5.2, ${driver} driver)`, async (t) => {
    if (driver === "fast") await driverSupport();
    const { port, server } = await echo(t, { driver });
    server.on("connection", (socket) => socket.send("o"));
    const client = new HixieClient(t, port);
    client.write(hixieRequest(76, "/echo/websocket"));
    const head = await client.read("\r\n\r\n");
    assert.match(head, /^HTTP\/1\.1 101 WebSocket Protocol Handshake\r\n/);
    assert.match(
      head,
      /\r\nSec-WebSocket-Origin: http:\/\/page\.example\r\nSec-WebSocket-Location: ws:\/\/example\.com\/echo\/websocket\r\n/,
    );
    client.write("aaaa");
    client.write("aaaa");
    assert.equal(Buffer.from(await client.read(16), "latin1").toString("hex"), "ca3400d8a50847972cd5715ababf437b");
    assert.equal(await client.text(), "o");
    client.send("back");
    assert.equal(await client.text(), "back");
  });
}

test("hixie-76: the eight bytes right behind the head, and frames behind them, are the same (hixie-76 §5.2)", async (t) => {
  const { port } = await echo(t);
  const client = new HixieClient(t, port);
  client.write(`${hixieRequest(76, "/demo", ["Sec-WebSocket-Protocol: sample"])}^n:ds[4U\0early\xff`);
  assert.match(await client.read("\r\n\r\n"), /Sec-WebSocket-Protocol: sample/);
  assert.equal(await client.read(16), "8jKS'y:G*Co,Wxa-");
  assert.equal(await client.text(), "early");
});

test("hixie-76 through a proxy that sends the eight bytes only after the answer's head has passed it", async (t) => {
  const { port } = await echo(t);
  const proxy = createTcpServer((near) => {
    const far = connect(port, "127.0.0.1");
    let isHeld = true;
    let held = Buffer.alloc(0);
    near.on("data", (chunk: Buffer) => {
      if (!isHeld) {
        far.write(chunk);
        return;
      }
      held = Buffer.concat([held, chunk]);
      const end = held.indexOf("\r\n\r\n") + 4;
      if (end < 4) return;
      far.write(held.subarray(0, end));
      held = held.subarray(end);
    });
    far.on("data", (chunk: Buffer) => {
      near.write(chunk);
      if (isHeld) far.write(held);
      isHeld = false;
    });
    for (const socket of [near, far]) socket.on("error", () => undefined);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  t.after(() => proxy.close());
  const client = new HixieClient(t, (proxy.address() as AddressInfo).port);
  client.write(`${hixieRequest(76, "/")}^n:ds[4U`);
  await client.read("\r\n\r\n");
  assert.equal(await client.read(16), "8jKS'y:G*Co,Wxa-");
  client.send("through");
  assert.equal(await client.text(), "through");
});

test("G: over TLS the location is wss:", async (t) => {
  const https = createServer(certificate);
  const server = new WebSocketServer({ server: https, legacy: true });
  https.listen(0, "127.0.0.1");
  await once(https, "listening");
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    https.close();
  });
  const client = new HixieClient(t, (https.address() as AddressInfo).port, true);
  client.write(hixieRequest(75, "/ls"));
  assert.equal(await client.read("\r\n\r\n"), head75.replace("ws:", "wss:"));
});

test("without `legacy: true` both are refused with 400", async (t) => {
  const { port } = await listen(t);
  for (const draft of [75, 76] as const) {
    const client = new HixieClient(t, port);
    client.write(hixieRequest(draft, "/ls"));
    assert.match(await client.read("\r\n\r\n"), /^HTTP\/1\.1 400 /);
  }
});

test("path, origin, verifyClient, handshakeChecks and connections per address hold for the drafts too", async (t) => {
  const rows: readonly [ServerOptions, number][] = [
    [{ path: "/other" }, 400],
    [{ origins: ["https://good.example"] }, 403],
    [{ verifyClient: () => false }, 401],
    [{ handshakeChecks: [() => ({ status: 402 })] }, 402],
    [{ maxHeaderFields: 2 }, 431],
  ];
  for (const [options, status] of rows) {
    const { port } = await echo(t, options);
    const client = new HixieClient(t, port);
    client.write(hixieRequest(75, "/ls"));
    assert.match(await client.read("\r\n\r\n"), new RegExp(`^HTTP/1.1 ${status} `));
  }
});

test("hixie-76: our close is FF 00, and ends cleanly when the client answers FF 00 (hixie-76 §5.3)", async (t) => {
  const { port, server } = await echo(t);
  const connection = once(server, "connection");
  const client = new HixieClient(t, port);
  client.write(`${hixieRequest(76, "/")}^n:ds[4U`);
  await client.read("\r\n\r\n");
  await client.read(16);
  const [socket] = (await connection) as [WebSocket];
  const end = closed(socket);
  socket.send("last");
  socket.close(4001, "told to nobody");
  assert.equal(await client.text(), "last");
  assert.equal(await client.read(2), "\xff\0");
  client.write("\xff\0");
  client.socket.end();
  assert.deepEqual(await end, [4001, "told to nobody"]);
  assert.equal(socket.wasClean, true);
});

test("hixie-76: the client's FF 00 is answered, and closes with 1005: the drafts have no codes (hixie-76 §5.3)", async (t) => {
  const { port, server } = await echo(t);
  const connection = once(server, "connection");
  const client = new HixieClient(t, port);
  client.write(`${hixieRequest(76, "/")}^n:ds[4U\0first\xff\xff\0`);
  const [socket] = (await connection) as [WebSocket];
  const end = closed(socket);
  await client.read("\r\n\r\n");
  await client.read(16);
  assert.equal(await client.text(), "first");
  assert.equal(await client.read(2), "\xff\0");
  await client.closed();
  assert.deepEqual(await end, [1005, ""]);
  assert.equal(socket.wasClean, true);
});

test("hixie-75: the end of the transport is the close, both ways (hixie-75 §4.2)", async (t) => {
  const { port, server } = await echo(t);
  for (const isOurs of [true, false]) {
    const connection = once(server, "connection");
    const client = new HixieClient(t, port);
    client.write(hixieRequest(75, "/"));
    await client.read("\r\n\r\n");
    const [socket] = (await connection) as [WebSocket];
    const end = closed(socket);
    if (isOurs) socket.close(1000);
    else client.socket.end();
    if (isOurs) await client.closed();
    assert.deepEqual(await end, [isOurs ? 1000 : 1005, ""]);
    assert.equal(socket.wasClean, true);
  }
});

test("eight bytes that never come drop the transport, a text beyond maxPayload is a fault with 1009, a binary message ends the connection", async (t) => {
  const { port, server, sockets } = await echo(t, { handshakeTimeout: 200, maxPayload: 1000 });
  const silent = new HixieClient(t, port);
  silent.write(`${hixieRequest(76, "/")}1234567`);
  await silent.read("\r\n\r\n");
  await silent.closed();
  const long = new HixieClient(t, port);
  long.write(hixieRequest(75, "/"));
  await long.read("\r\n\r\n");
  long.write(`\0good\xff\0${"x".repeat(1001)}`);
  assert.equal(await long.text(), "good");
  await long.closed();
  server.once("connection", (socket) => socket.send(Buffer.from([1])));
  const binary = new HixieClient(t, port);
  binary.write(hixieRequest(75, "/"));
  await binary.closed();
  assert.deepEqual(
    sockets.map(({ cause }) => cause?.message),
    [
      "The eight bytes of the challenge have not come in time (hixie-76 §5.2)",
      "Unsupported WebSocket frame: payload length > 2^53 - 1",
      "A client of the Hixie drafts cannot be sent a binary message",
    ],
  );
});

test("only a server with `legacy: true` looks for the drafts; the verdict has what they offer", async () => {
  const request = {
    method: "GET",
    url: "/",
    headers: { host: "a", upgrade: "WebSocket", connection: "Upgrade", "websocket-protocol": "x" },
  };
  assert.equal(legacyOpening({}, request), undefined);
  const opening = legacyOpening({ legacy: true }, request);
  assert.ok(opening);
  assert.deepEqual(legacyVerdict(opening), { ok: true, key: "", version: 0, subprotocols: ["x"], extensions: [], origin: undefined });
  const [near, far] = duplexPair();
  const transport = acceptLegacy(near, Buffer.alloc(0), opening, { isSecure: false, subprotocol: "x", options: {}, profile: PROFILES.ws });
  await until(() => far.readableLength > 0);
  assert.match(String(far.read()), /^HTTP\/1\.1 101 Web Socket Protocol Handshake\r\n[^]*WebSocket-Protocol: x\r\n/);
  far.on("error", () => undefined);
  transport.destroy();
});
