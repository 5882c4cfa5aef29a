import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtocolError } from "@openline/protocol";
import { ConnectionEvents } from "../src/connection-events.ts";
import type { BinaryType, RawData } from "../src/payload.ts";
import { WebSocket } from "../src/websocket.ts";

const chunk = Buffer.from("....hello....");
const view = chunk.subarray(4, 9);

function emitted(binaryType: BinaryType, give: (events: ConnectionEvents) => void, isReadShared = false): RawData {
  const socket = new WebSocket(null);
  socket.binaryType = binaryType;
  let data: RawData | undefined;
  socket.on("message", (received) => {
    data = received;
  });
  give(new ConnectionEvents(socket, isReadShared, () => undefined));
  assert.ok(data !== undefined);
  return data;
}

test("nodebuffer: a Buffer", () => {
  const data = emitted("nodebuffer", (events) => events.received(view, undefined, true, false));
  assert.ok(Buffer.isBuffer(data) && data.toString() === "hello");
});

test("arraybuffer: an ArrayBuffer of exactly the message", () => {
  const data = emitted("arraybuffer", (events) => events.received(view, undefined, true, false));
  assert.ok(data instanceof ArrayBuffer && Buffer.from(data).toString() === "hello");
});

test("blob: a Blob", async () => {
  const data = emitted("blob", (events) => events.received(view, undefined, true, false));
  assert.ok(data instanceof Blob && (await data.text()) === "hello");
});

test("fragments: the pieces as they came, one for a message in one frame", () => {
  const pieces = [Buffer.from("hel"), Buffer.from("lo")];
  assert.deepEqual(
    emitted("fragments", (events) => events.received(view, pieces, true, true)),
    pieces,
  );
  assert.deepEqual(
    emitted("fragments", (events) => events.received(view, undefined, true, false)),
    [Buffer.from("hello")],
  );
});

test("text is one Buffer whatever binaryType says, as in ws", () => {
  for (const type of ["nodebuffer", "arraybuffer", "fragments", "blob"] as const) {
    const whole = emitted(type, (events) => events.received(view, undefined, false, false));
    assert.ok(Buffer.isBuffer(whole) && whole.toString() === "hello", type);
    const pieces = emitted(type, (events) => events.received(view, [Buffer.from("hel"), Buffer.from("lo")], false, true));
    assert.ok(Buffer.isBuffer(pieces) && pieces.toString() === "hello", type);
  }
});

test("data of a listener never lies in a read buffer that is used again", () => {
  const whole = new Uint8Array([1, 2, 3]);
  for (const type of ["nodebuffer", "arraybuffer"] as const) {
    const data = emitted(type, (events) => events.received(whole, undefined, true, false), true);
    assert.notEqual(Buffer.isBuffer(data) ? data.buffer : data, whole.buffer, type);
  }
});

test("pings, pongs, drain and errors go to their events, the end to the socket", () => {
  const socket = new WebSocket(null);
  const seen: unknown[] = [];
  for (const name of ["ping", "pong", "drain", "error"] as const) socket.on(name, (data?: unknown) => seen.push([name, String(data)]));
  const events = new ConnectionEvents(socket, false, (ended, ...end) => seen.push([ended === socket, ...end]));
  events.pinged(view);
  events.ponged(view);
  events.drained();
  events.failed(new ProtocolError("WS_ERR_INVALID_UTF8"));
  events.closed(1000, "done", true);
  assert.deepEqual(seen, [
    ["ping", "hello"],
    ["pong", "hello"],
    ["drain", "undefined"],
    ["error", "ProtocolError: Invalid WebSocket frame: invalid UTF-8 sequence"],
    [true, 1000, "done", true],
  ]);
});

test("a message reaches every listener with the socket as `this`, and whoever has replaced emit", () => {
  const heard: unknown[] = [];
  const socket = new WebSocket(null);
  const give = (): void => new ConnectionEvents(socket, false, () => undefined).received(view, undefined, false, true);
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
