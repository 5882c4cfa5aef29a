import assert from "node:assert/strict";
import { test } from "node:test";
import { CloseEvent, ErrorEvent, Event, MessageEvent } from "../src/events.ts";
import { WebSocket } from "../src/websocket.ts";

const target = new WebSocket(null);
const failure = new Error("why");

const rows = [
  [new Event("open", target), { type: "open" }],
  [new MessageEvent(target, "text"), { type: "message", data: "text" }],
  [new CloseEvent(target, 1001, "away", true), { type: "close", code: 1001, reason: "away", wasClean: true }],
  [new ErrorEvent(target, failure), { type: "error", error: failure, message: "why" }],
] as const;

for (const [event, fields] of rows) {
  test(`a ${event.type} event has the fields of the DOM's`, () => {
    assert.ok(event instanceof Event);
    assert.deepEqual(Object.fromEntries(Object.entries(event)), { ...fields, target });
  });
}
