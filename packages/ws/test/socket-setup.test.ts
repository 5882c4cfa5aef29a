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

test("without a handshake the defaults are those of ws and nothing was agreed on", () => {
  const setup = connectionSetup("client", { maxPayload: 0 });
  assert.equal(setup.role, "client");
  assert.equal(setup.maxPayloadBytes, Number.POSITIVE_INFINITY);
  assert.equal(setup.maxFragments, PROFILES.ws.maxFragments);
  assert.deepEqual(setup.extensions, []);
});

test("the profile of the handshake gives the defaults", () => {
  const handshake = { subprotocol: "", extensions: [], profile: PROFILES.server };
  assert.equal(connectionSetup("server", { handshake }).maxPayloadBytes, PROFILES.server.maxPayloadBytes);
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
