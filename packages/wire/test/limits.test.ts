import assert from "node:assert/strict";
import { test } from "node:test";
import { exceedsBytes } from "../src/limits.ts";

test("bytes are counted in UTF-8, not in characters", () => {
  assert.ok(!exceedsBytes("x".repeat(9), 9));
  assert.ok(exceedsBytes("x".repeat(10), 9));
  assert.ok(!exceedsBytes("你你你", 9));
  assert.ok(exceedsBytes("你你你a", 9));
  assert.ok(exceedsBytes("👋👋", 7));
});
