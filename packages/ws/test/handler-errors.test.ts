import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { callGuarded, emitGuarded, reportHandlerError } from "../src/handler-errors.ts";
import { WebSocket } from "../src/websocket.ts";
import { nextUncaught } from "./fixtures/uncaught.ts";

const fail = (error: unknown): void => assert.fail(String(error));

test("H: every listener is called, and what one throws or is rejected with goes to the callback", async () => {
  const emitter = new EventEmitter();
  const seen: unknown[] = [];
  emitter.on("message", () => {
    throw new Error("thrown");
  });
  const late = async (): Promise<void> => {
    await settle();
    throw new Error("rejected");
  };
  emitter.on("message", (): unknown => late());
  emitter.once("message", (data) => seen.push(data));
  const errors: string[] = [];
  const onError = (error: unknown): void => void errors.push((error as Error).message);
  emitGuarded(emitter, "message", ["a"], onError);
  emitGuarded(emitter, "message", ["b"], onError);
  await settle();
  await settle();
  assert.deepEqual(seen, ["a"], "a listener for once is called once");
  assert.deepEqual(errors.toSorted(), ["rejected", "rejected", "thrown", "thrown"]);
});

test("listeners get the emitter as this, and all arguments", () => {
  const emitter = new EventEmitter();
  let seen: unknown[] = [];
  emitter.on("message", function (this: unknown, ...args: unknown[]) {
    seen = [this, ...args];
  });
  emitGuarded(emitter, "message", [1, true], fail);
  assert.deepEqual(seen, [emitter, 1, true]);
});

test("an error without a listener ends nothing", () => {
  emitGuarded(new EventEmitter(), "error", [new Error("nobody listens")], fail);
});

test("the policies: a function is called, close warns the process, throw reaches it", async () => {
  const socket = new WebSocket(null);
  const error = new Error("the handler's fault");
  const calls: unknown[] = [];
  reportHandlerError((...args) => calls.push(args), error, socket);
  assert.deepEqual(calls, [[error, socket]]);

  const warned = once(process, "warning");
  reportHandlerError("close", error, socket);
  const [warning] = (await warned) as [Error & { code: string; detail: string }];
  assert.deepEqual([warning.name, warning.code], ["HandlerError", "OPENLINE_HANDLER_ERROR"]);
  assert.match(warning.message, /1011: the handler's fault$/);
  assert.match(warning.detail, /handler-errors\.test/);

  const thrown = nextUncaught();
  reportHandlerError("throw", error, socket);
  assert.equal(await thrown, error);
});

test("H: callGuarded closes with 1011 for a throw and for a rejection, and lets a throw through with the policy throw (RFC 6455 §7.4.1)", async () => {
  const closes: unknown[] = [];
  class Recorded extends WebSocket {
    override close(...[code, reason]: Parameters<WebSocket["close"]>): void {
      closes.push([code, reason]);
    }
  }
  const socket = new Recorded(null);
  const errors: unknown[] = [];
  const throwing = (): never => {
    throw new Error("handler");
  };
  callGuarded((error) => errors.push(error), socket, throwing);
  callGuarded(
    (error) => errors.push(error),
    socket,
    () => Promise.reject(new Error("handler")),
  );
  callGuarded(
    (error) => errors.push(error),
    socket,
    () => 1,
  );
  await settle();
  assert.deepEqual(closes, [
    [1011, "internal error"],
    [1011, "internal error"],
  ]);
  assert.equal(errors.length, 2);
  assert.throws(() => callGuarded("throw", socket, throwing), /handler/);
  assert.equal(closes.length, 2);
});
