import assert from "node:assert/strict";
import { test } from "node:test";
import { processClock } from "../src/clock.ts";

test("the process's clock moves on, and its timers can be cleared", async () => {
  const before = processClock.now();
  processClock.clearTimeout(processClock.setTimeout(() => assert.fail("it was cleared"), 0));
  await new Promise<void>((resolve) => processClock.setTimeout(resolve, 1));
  assert.ok(processClock.now() > before);
});
