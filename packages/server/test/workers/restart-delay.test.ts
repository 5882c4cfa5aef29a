import assert from "node:assert/strict";
import { test } from "node:test";
import { RestartDelay } from "../../src/workers/restart-delay.ts";

test("workers that die young one after another are started ever later, ten seconds at most; one that lived ends the series", () => {
  const delay = new RestartDelay();
  assert.deepEqual(
    Array.from({ length: 9 }, () => delay.next(50)),
    [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000],
  );
  assert.deepEqual([delay.next(60_000), delay.next(50), delay.next(50)], [100, 100, 200]);
});
