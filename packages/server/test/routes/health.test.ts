import assert from "node:assert/strict";
import { test } from "node:test";
import { startApp } from "../http-fixture.ts";

test("a server that takes requests is ok", async (t) => {
  const { ask } = await startApp(t, { health: { draining: false, connections: 7, unready: undefined } });
  const answer = await ask("/health");
  assert.equal(answer.status, 200);
  assert.equal(answer.body?.["status"], "ok");
  assert.equal(answer.body?.["connections"], 7);
  assert.equal(answer.headers["cache-control"], "no-store");
});

test("R8: a server that drains is 503", async (t) => {
  const { ask } = await startApp(t, { health: { draining: true, connections: 1, unready: "draining" } });
  const answer = await ask("/health");
  assert.equal(answer.status, 503);
  assert.equal(answer.body?.["status"], "draining");
});

for (const unready of [undefined, "draining", "store-away", "cut-off", "overloaded"] as const) {
  test(`R8: /ready of a server that is ${unready ?? "ready"} says so, with ${unready === undefined ? 200 : 503}`, async (t) => {
    const { ask } = await startApp(t, { health: { draining: false, connections: 1, unready } });
    const { status, body } = await ask("/ready");
    assert.deepEqual([status, body], [unready === undefined ? 200 : 503, { status: unready ?? "ready" }]);
    assert.equal((await ask("/health")).status, 200, "it still serves whom it has");
  });
}
