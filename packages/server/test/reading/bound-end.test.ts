import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { boundEnd } from "../../src/reading/bound-end.ts";

class FakeResponse extends EventEmitter {
  isDestroyed = false;

  destroy(): this {
    this.isDestroyed = true;
    return this;
  }
}

test("R3: a response that is not read to its end is broken off when its time is over, one that was read is not", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const [unread, read] = [new FakeResponse(), new FakeResponse()];
  for (const response of [unread, read]) boundEnd(response as unknown as ServerResponse, 1000);
  t.mock.timers.tick(999);
  assert.equal(unread.isDestroyed, false);
  read.emit("close");
  t.mock.timers.tick(1);
  assert.deepEqual([unread.isDestroyed, read.isDestroyed], [true, false]);
});
