import assert from "node:assert/strict";
import { test } from "node:test";
import { ForkCap } from "../../src/run/fork-cap.ts";

test("R26: no more programs than the cap, and a new one when one has ended", () => {
  const cap = new ForkCap(2);
  assert.deepEqual([cap.take(), cap.take(), cap.take(), cap.isFull, cap.count], [true, true, false, true, 2]);
  cap.release();
  assert.deepEqual([cap.isFull, cap.take(), cap.take()], [false, true, false]);
});
