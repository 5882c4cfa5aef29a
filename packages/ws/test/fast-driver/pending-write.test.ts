import assert from "node:assert/strict";
import { test } from "node:test";
import { keepRequest, takeRequest } from "../../src/fast-driver/pending-write.ts";
import type { HandleSupport, WriteRequest } from "../../src/fast-driver/tcp-handle.ts";

class Request implements WriteRequest {
  oncomplete: WriteRequest["oncomplete"] = () => undefined;
  asyncId = -1;
  getAsyncId(): number {
    return this.asyncId;
  }
}

const support: HandleSupport = {
  WriteRequest: Request,
  Handle: undefined,
  onread: () => undefined,
  ShutdownRequest: undefined,
  bufferKey: undefined,
};

test("a request that was not needed serves the next write, and only that one", () => {
  const first = takeRequest(support);
  assert.equal(keepRequest(first), true);
  assert.equal(takeRequest(support), first);
  assert.notEqual(takeRequest(support), first);
});

test("a request that Node still holds is under way, and is not used again", () => {
  const request = takeRequest(support);
  Object.assign(request, { asyncId: 16 });
  assert.equal(keepRequest(request), false);
  assert.notEqual(takeRequest(support), request);
});

test("its owner is told once when the kernel has taken the write, and what was held for it is let go", () => {
  const request = takeRequest(support);
  const told: number[] = [];
  request.owner = { written: (status) => void told.push(status) };
  request.segments = [new Uint8Array(1)];
  request.oncomplete(-32);
  request.oncomplete(-32);
  assert.deepEqual(told, [-32]);
  assert.equal(request.segments, undefined);
});
