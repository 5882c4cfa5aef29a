import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtocolError } from "@openline/protocol";
import { ConnectionEvents } from "../src/connection-events.ts";
import type { BinaryType, RawData } from "../src/payload.ts";
import { WebSocket } from "../src/websocket.ts";

const chunk = Buffer.from("....hello....");
const view = chunk.subarray(4, 9);

function emitted(binaryType: BinaryType, give: (events: ConnectionEvents, socket: WebSocket) => void, isReadShared = false): RawData {
  const socket = new WebSocket(null);
  socket.binaryType = binaryType;
  let data: RawData | undefined;
  socket.on("message", (received) => {
    data = received;
  });
  give(new ConnectionEvents({ isReadShared, onClosed: () => undefined }), socket);
  assert.ok(data !== undefined);
  return data;
}

test("nodebuffer: a Buffer", () => {
  const data = emitted("nodebuffer", (events, socket) => events.received(view, undefined, true, false, socket));
  assert.ok(Buffer.isBuffer(data) && data.toString() === "hello");
});

test("arraybuffer: an ArrayBuffer of exactly the message", () => {
  const data = emitted("arraybuffer", (events, socket) => events.received(view, undefined, true, false, socket));
  assert.ok(data instanceof ArrayBuffer && Buffer.from(data).toString() === "hello");
});

test("blob: a Blob", async () => {
  const data = emitted("blob", (events, socket) => events.received(view, undefined, true, false, socket));
  assert.ok(data instanceof Blob && (await data.text()) === "hello");
});

test("fragments: the pieces as they came, one for a message in one frame", () => {
  const pieces = [Buffer.from("hel"), Buffer.from("lo")];
  assert.deepEqual(
    emitted("fragments", (events, socket) => events.received(view, pieces, true, true, socket)),
    pieces,
  );
  assert.deepEqual(
    emitted("fragments", (events, socket) => events.received(view, undefined, true, false, socket)),
    [Buffer.from("hello")],
  );
});

test("text is one Buffer whatever binaryType says, as in ws", () => {
  for (const type of ["nodebuffer", "arraybuffer", "fragments", "blob"] as const) {
    const whole = emitted(type, (events, socket) => events.received(view, undefined, false, false, socket));
    assert.ok(Buffer.isBuffer(whole) && whole.toString() === "hello", type);
    const pieces = emitted(type, (events, socket) => events.received(view, [Buffer.from("hel"), Buffer.from("lo")], false, true, socket));
    assert.ok(Buffer.isBuffer(pieces) && pieces.toString() === "hello", type);
  }
});

test("data of a listener never lies in a read buffer that is used again", () => {
  const whole = new Uint8Array([1, 2, 3]);
  for (const type of ["nodebuffer", "arraybuffer"] as const) {
    const data = emitted(type, (events, socket) => events.received(whole, undefined, true, false, socket), true);
    assert.notEqual(Buffer.isBuffer(data) ? data.buffer : data, whole.buffer, type);
  }
});

test("pings, pongs, drain and errors go to their events, the end to the socket", () => {
  const socket = new WebSocket(null);
  const seen: unknown[] = [];
  for (const name of ["ping", "pong", "drain", "error"] as const) socket.on(name, (data?: unknown) => seen.push([name, String(data)]));
  const onClosed = (ended: WebSocket, ...end: unknown[]): unknown => seen.push([ended === socket, ...end]);
  const events = new ConnectionEvents({ isReadShared: false, onClosed });
  events.pinged(view, socket);
  events.ponged(view, socket);
  events.drained(socket);
  events.failed(new ProtocolError("WS_ERR_INVALID_UTF8"), socket);
  events.closed(1000, "done", true, socket);
  assert.deepEqual(seen, [
    ["ping", "hello"],
    ["pong", "hello"],
    ["drain", "undefined"],
    ["error", "ProtocolError: Invalid WebSocket frame: invalid UTF-8 sequence"],
    [true, 1000, "done"],
  ]);
});

test("a message reaches every listener with the socket as `this`, and whoever has replaced emit", () => {
  const heard: unknown[] = [];
  const socket = new WebSocket(null);
  const events = new ConnectionEvents({ isReadShared: false, onClosed: () => undefined });
  const give = (): void => events.received(view, undefined, false, true, socket);
  socket.on("message", function first(data, isBinary) {
    heard.push(this === socket, String(data), isBinary);
  });
  give();
  socket.on("message", () => heard.push("second"));
  give();
  socket.emit = (...values: unknown[]) => Boolean(heard.push(values[0]));
  give();
  assert.deepEqual(heard, [true, "hello", false, true, "hello", false, "second", "message"]);
});
