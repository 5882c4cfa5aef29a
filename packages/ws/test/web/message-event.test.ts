import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageEventClass } from "../../src/web/message-event.ts";

test("the event of a message is a MessageEvent, and says so (HTML Standard §9.1, Web IDL §3.7.6)", () => {
  const event = new MessageEventClass("message", { data: "x", origin: "ws://localhost" });
  assert.ok(event instanceof MessageEvent);
  assert.equal(String(event), "[object MessageEvent]");
  assert.deepEqual(
    [event.type, event.data, event.origin, event.bubbles, event.cancelable],
    ["message", "x", "ws://localhost", false, false],
  );
});
