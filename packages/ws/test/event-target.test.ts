/* oxlint-disable unicorn/prefer-add-event-listener, unicorn/no-invalid-remove-event-listener -- the attributes, and listeners that are none, are the matter here */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CloseEvent, ErrorEvent, Event, MessageEvent } from "../src/events.ts";
import { WebSocket } from "../src/websocket.ts";

const shell = (): WebSocket => new WebSocket(null);

test("each type brings its event class with its fields, this and target being the socket", () => {
  const socket = shell();
  const events: Event[] = [];
  const keep = function (this: unknown, event: Event): void {
    assert.equal(this, socket);
    events.push(event);
  };
  for (const type of ["open", "message", "error", "close"] as const) socket.addEventListener(type, keep);
  const failure = new Error("why");
  socket.emit("open");
  socket.emit("message", Buffer.from("text"), false);
  socket.emit("message", Buffer.from([1]), true);
  socket.emit("error", failure);
  socket.emit("close", 1000, Buffer.from("done"));
  const [open, text, binary, error, close] = events;
  assert.ok(open instanceof Event && open.type === "open" && open.target === socket);
  assert.ok(text instanceof MessageEvent && text.data === "text");
  assert.ok(binary instanceof MessageEvent && Buffer.isBuffer(binary.data));
  assert.ok(error instanceof ErrorEvent && error.error === failure && error.message === "why");
  assert.ok(close instanceof CloseEvent && close.code === 1000 && close.reason === "done" && !close.wasClean);
});

test("the same listener is registered once, and once: true calls it once", () => {
  const socket = shell();
  let calls = 0;
  const listener = (): void => void calls++;
  socket.addEventListener("open", listener, { once: true });
  socket.addEventListener("open", listener);
  socket.emit("open");
  socket.emit("open");
  assert.equal(calls, 1);
});

test("an object with handleEvent is a listener", () => {
  const socket = shell();
  const listener = { seen: "", handleEvent: (event: Event) => (listener.seen = event.type) };
  socket.addEventListener("open", listener);
  socket.emit("open");
  assert.equal(listener.seen, "open");
});

test("removeEventListener takes away its own listener, not the attribute's", () => {
  const socket = shell();
  let calls = 0;
  const listener = (): void => void calls++;
  socket.onopen = listener;
  socket.addEventListener("open", listener);
  socket.removeEventListener("open", listener);
  socket.removeEventListener("open", listener);
  socket.emit("open");
  assert.equal(calls, 1);
});

test("an on… attribute holds one listener; anything but a function clears it", () => {
  const socket = shell();
  const calls: number[] = [];
  socket.onmessage = () => calls.push(1);
  const second = (): number => calls.push(2);
  socket.onmessage = second;
  assert.equal(socket.onmessage, second);
  assert.equal(socket.listenerCount("message"), 1);
  socket.emit("message", Buffer.alloc(0), false);
  socket.onmessage = null;
  socket.emit("message", Buffer.alloc(0), false);
  assert.deepEqual(calls, [2]);
  for (const name of ["onopen", "onmessage", "onclose", "onerror"] as const) assert.equal(socket[name], null);
});

test("an unknown type and a listener that is none are ignored, as in ws", () => {
  const socket = shell();
  socket.addEventListener("ping" as "open", () => assert.fail());
  socket.addEventListener("open", null as never);
  socket.removeEventListener("ping" as "open", () => undefined);
  socket.emit("ping", Buffer.alloc(0));
  socket.emit("open");
});
