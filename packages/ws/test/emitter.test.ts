import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { Emitter } from "../src/emitter.ts";

test("at run time it is EventEmitter, with its statics", () => {
  class Bell extends Emitter<{ ring: [times: number] }> {}
  const bell = new Bell();
  let heard = 0;
  bell.on("ring", function ring(times) {
    heard += this === bell ? times : 0;
  });
  bell.emit("ring", 3);
  assert.equal(heard, 3);
  assert.ok(bell instanceof EventEmitter);
  assert.equal(Bell.defaultMaxListeners, EventEmitter.defaultMaxListeners);
});

test("nobody listens to an event that is named like a method of objects", () => {
  const bell = new Emitter<{ ring: [] }>();
  for (const name of ["constructor", "toString", "hasOwnProperty"]) {
    assert.equal(bell.emit(name), false);
    assert.equal(bell.listenerCount(name), 0);
    bell.once(name, () => undefined);
    assert.equal(bell.emit(name), true);
  }
  assert.deepEqual(bell.eventNames(), []);
});

test("it stays an EventEmitter to Node: an error without a listener is thrown, rejections are captured where that was asked for", async (t) => {
  const bell = new Emitter<{ ring: [] }>();
  assert.throws(() => bell.emit("error", new Error("the bell's")), /the bell's/);
  t.after(() => {
    EventEmitter.captureRejections = false;
  });
  EventEmitter.captureRejections = true;
  const rejected = once(bell, "error");
  // oxlint-disable-next-line typescript/no-misused-promises -- it is what is tested
  bell.on("ring", async () => await Promise.reject(new Error("rejected")));
  bell.emit("ring");
  assert.match(String((await rejected)[0]), /rejected/);
});
