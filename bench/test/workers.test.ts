import assert from "node:assert/strict";
import { test } from "node:test";
import { obtainGenerator } from "../harness/installed.ts";
import { measureHandshakes } from "../workers/handshake-cost.ts";

test("R1: the cost of a handshake is measured over the primary and all workers, every handshake checked", async (t) => {
  const had = await obtainGenerator();
  if ("reason" in had) {
    t.skip(had.reason);
    return;
  }
  for (const workers of [undefined, 2]) {
    const cost = await measureHandshakes({ generator: had.path, workers, warmup: 1, seconds: 1 });
    assert.ok(cost.handshakes > 20 && cost.microseconds > 10, JSON.stringify(cost));
    assert.equal(cost.primaryMicroseconds > 0, workers !== undefined);
  }
});
