import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "../src/websocket.ts";
import { WebSocketExtras } from "../src/websocket-extras.ts";

test("a server's socket without extras says what it would say with untouched ones", () => {
  const { binaryType, protocol, extensions, url, isPaused, isServer, unsendableBytes } = new WebSocketExtras();
  const socket = new WebSocket(null);
  const told = [
    socket.binaryType,
    socket.protocol,
    socket.extensions,
    socket.url,
    socket.isPaused,
    socket._isServer,
    socket.bufferedAmount,
  ];
  assert.deepEqual(told, [binaryType, protocol, extensions, url, isPaused, isServer, unsendableBytes]);
});

test("what is set stays with that socket alone", () => {
  const [one, other] = [new WebSocket(null), new WebSocket(null)];
  one.binaryType = "arraybuffer";
  one._isServer = false;
  one.context["user"] = 7;
  assert.deepEqual([one.binaryType, one._isServer, one.context], ["arraybuffer", false, { user: 7 }]);
  assert.deepEqual([other.binaryType, other._isServer, other.context], ["nodebuffer", true, {}]);
});
