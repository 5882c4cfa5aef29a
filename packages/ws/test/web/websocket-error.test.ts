import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedClose, errorOfEnd, WebSocketError } from "../../src/web/websocket-error.ts";

const good: readonly [unknown, number | null, string][] = [
  [undefined, null, ""],
  [{}, null, ""],
  [{ closeCode: 1000 }, 1000, ""],
  [{ closeCode: "3456", reason: "pizza" }, 3456, "pizza"],
  [{ reason: "only" }, 1000, "only"],
  [{ reason: "" }, null, ""],
];

for (const [info, closeCode, reason] of good) {
  test(`${JSON.stringify(info) ?? "nothing"} is ${closeCode} ${JSON.stringify(reason)} (WebSockets Standard §4)`, () => {
    assert.deepEqual(checkedClose(info, "close"), { closeCode, reason });
    const error: unknown = Reflect.construct(WebSocketError, ["m", info]);
    assert.ok(error instanceof WebSocketError);
    assert.deepEqual([error.message, error.closeCode, error.reason], ["m", closeCode, reason]);
  });
}

test("what may not be sent is refused, as WebSocket.close refuses it (WebSockets Standard §4)", () => {
  for (const closeCode of [999, 1001, 1006, 2999, 5000])
    assert.throws(() => new WebSocketError("", { closeCode }), { name: "InvalidAccessError" });
  assert.throws(() => new WebSocketError("", { reason: "a".repeat(124) }), { name: "SyntaxError" });
  assert.throws(() => checkedClose(true, "close"), TypeError);
});

test("a WebSocketError is a DOMException of its name, without a number (WebSockets Standard §4)", () => {
  const error = new WebSocketError();
  assert.ok(error instanceof DOMException);
  assert.deepEqual([error.name, error.code, error.message, error.closeCode, error.reason], ["WebSocketError", 0, "", null, ""]);
  assert.equal(Object.prototype.toString.call(error), "[object WebSocketError]");
  assert.throws(() => Reflect.get(WebSocketError.prototype, "closeCode"), TypeError);
});

test("the error of an end has the code that the end had, also one that scripts may not give", () => {
  const error = errorOfEnd("lost", 1006, "");
  assert.deepEqual([error.message, error.closeCode, error instanceof WebSocketError], ["lost", 1006, true]);
});
