import assert from "node:assert/strict";
import { test } from "node:test";
import { CloseEvent, WebSocket, WebSocketError, WebSocketStream } from "../../src/web/index.ts";

test("importing web/global makes the classes the globals of their names, as a browser has them", async () => {
  await import("../../src/web/global.ts");
  for (const [name, wanted] of Object.entries({ WebSocket, CloseEvent, WebSocketStream, WebSocketError })) {
    const { value, ...how } = Object.getOwnPropertyDescriptor(globalThis, name) ?? {};
    assert.equal(value, wanted);
    assert.deepEqual(how, { writable: true, enumerable: false, configurable: true });
  }
});
