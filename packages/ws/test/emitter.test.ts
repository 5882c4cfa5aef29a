import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
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
