import assert from "node:assert/strict";
import { test } from "node:test";
import { shareOf } from "../../src/bench/bench-plan.ts";

test("the parts of all drivers add up to the whole, and differ by one at most", () => {
  for (const [total, of] of [
    [10, 3],
    [1, 4],
    [1000, 7],
    [0, 2],
  ] as const) {
    const parts = Array.from({ length: of }, (_, index) => shareOf(total, { index, of }));
    assert.equal(
      parts.reduce((sum, part) => sum + part, 0),
      total,
    );
    assert.ok(Math.max(...parts) - Math.min(...parts) <= 1);
  }
});
