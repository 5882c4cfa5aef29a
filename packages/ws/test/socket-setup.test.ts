import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { test } from "node:test";
import { PROFILES } from "@openline/protocol";
import { connectionSetup } from "../src/socket-setup.ts";
import { WebSocket } from "../src/websocket.ts";
import { WebSocketServer } from "../src/websocket-server.ts";

test("without a handshake the defaults are those of ws", () => {
  const { options } = connectionSetup("client", { maxPayload: 0 }, PROFILES.ws);
  assert.equal(options.role, "client");
  assert.equal(options.maxPayloadBytes, Number.POSITIVE_INFINITY);
  assert.equal(options.maxFragments, PROFILES.ws.maxFragments);
});

test("the profile of the handshake gives the defaults", () => {
  const { options, screen } = connectionSetup("server", {}, PROFILES.server);
  assert.equal(options.maxPayloadBytes, PROFILES.server.maxPayloadBytes);
  assert.equal(screen?.onHandlerError, "close");
  assert.equal(connectionSetup("server", {}, PROFILES.ws).screen, undefined);
});

test("sockets with the same options share one object, until an option changes", () => {
  const heartbeat = { intervalMs: 1000, timeoutMs: 500 };
  const options = { maxPayload: 5, heartbeat };
  const first = connectionSetup("server", options, PROFILES.ws);
  assert.equal(connectionSetup("client", {}, PROFILES.ws).options.role, "client");
  assert.equal(connectionSetup("server", { maxPayload: 5, heartbeat }, PROFILES.ws), first);
  options.maxPayload = 6;
  assert.equal(connectionSetup("server", options, PROFILES.ws).options.maxPayloadBytes, 6);
  const later = connectionSetup("server", { ...options, heartbeat: { ...heartbeat, timeoutMs: 1 } }, PROFILES.ws);
  assert.equal(later.options.heartbeat?.timeoutMs, 1);
});

test("no option is read for a connection without being looked at for changes", () => {
  const read = new Set<PropertyKey>();
  const source = new Proxy({}, { get: (_, name) => void read.add(name) });
  connectionSetup("server", source, { ...PROFILES.ws });
  const made = [...read];
  for (const name of made) {
    const before = connectionSetup("server", {}, PROFILES.ws);
    const changed = { [name]: name === "messageChecks" ? [] : name === "heartbeat" ? false : 12_345 };
    assert.notEqual(connectionSetup("server", changed, PROFILES.ws), before, String(name));
  }
  assert.ok(made.length > 10);
});

test("a program that speaks the handshake by itself makes the client's end with setSocket, as fastify's injectWS does", async (t) => {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  server.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const outgoing = request({
    port: (http.address() as AddressInfo).port,
    headers: { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": 13 },
  });
  outgoing.end();
  const [, transport, head] = (await once(outgoing, "upgrade")) as [unknown, Duplex, Buffer];
  const socket = new WebSocket(null, undefined, { autoPong: false });
  t.after(() => {
    socket.terminate();
    http.close();
  });
  assert.equal(socket._isServer, true);
  socket._isServer = false;
  socket.setSocket(transport, head, { maxPayload: 0 });
  assert.equal(socket.readyState, WebSocket.OPEN);
  socket.send("by hand");
  assert.equal(String((await once(socket, "message"))[0]), "by hand");
});
