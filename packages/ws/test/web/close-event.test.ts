import assert from "node:assert/strict";
import { test } from "node:test";
import { CloseEvent } from "../../src/web/close-event.ts";

test("a CloseEvent has false, 0 and empty where nothing is given (WebSockets Standard §3.3)", () => {
  const event = new CloseEvent("foo");
  assert.deepEqual(
    [event.type, event.wasClean, event.code, event.reason, event.bubbles, event.cancelable],
    ["foo", false, 0, "", false, false],
  );
  assert.ok(event instanceof Event);
  assert.equal(Object.prototype.toString.call(event), "[object CloseEvent]");
});

test("a CloseEvent takes what it is given, converted (WebSockets Standard §3.3)", () => {
  const event = new CloseEvent("close", { wasClean: true, code: 65_537, reason: "bye \uD800", bubbles: true, cancelable: true });
  assert.deepEqual([event.wasClean, event.code, event.reason, event.bubbles, event.cancelable], [true, 1, "bye \uFFFD", true, true]);
});

test("a CloseEvent needs a type, and `new`; its attributes ask whose they are (Web IDL §3.7)", () => {
  assert.throws(() => Reflect.construct(CloseEvent, []), TypeError);
  assert.throws(() => Reflect.apply(CloseEvent, undefined, ["close"]), TypeError);
  assert.throws(() => Reflect.get(CloseEvent.prototype, "code"), TypeError);
  assert.equal(CloseEvent.name, "CloseEvent");
});
