import assert from "node:assert/strict";
import { test } from "node:test";
import { startApp } from "../http-fixture.ts";

test("a server that takes requests is ok", async (t) => {
  const { ask } = await startApp(t, { health: { draining: false, connections: 7 } });
  const answer = await ask("/health");
  assert.equal(answer.status, 200);
  assert.equal(answer.body?.["status"], "ok");
  assert.equal(answer.body?.["connections"], 7);
  assert.equal(answer.headers["cache-control"], "no-store");
});

test("R8: a server that drains is 503", async (t) => {
  const { ask } = await startApp(t, { health: { draining: true, connections: 1 } });
  const answer = await ask("/health");
  assert.equal(answer.status, 503);
  assert.equal(answer.body?.["status"], "draining");
});
