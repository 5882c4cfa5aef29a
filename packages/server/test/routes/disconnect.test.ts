import assert from "node:assert/strict";
import { test } from "node:test";
import { startApp } from "../http-fixture.ts";

const post = (body: object): { method: string; body: string; headers: Record<string, string> } => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
});

test("a user or a session is disconnected, with a reason", async (t) => {
  const { ask, rooms } = await startApp(t);
  assert.deepEqual((await ask("/api/disconnect", post({ user: "阿达", reason: "banned" }))).body, { sessions: 1 });
  assert.equal((await ask("/api/disconnect", post({ session: "s1" }))).status, 202);
  assert.deepEqual(rooms.disconnected, [
    [{ user: "阿达" }, "banned"],
    [{ session: "s1" }, undefined],
  ]);
});

test("what the application's hook refuses is 403 with its words", async (t) => {
  const { ask, rooms } = await startApp(t);
  rooms.refusal = "not the admin";
  const answer = await ask("/api/disconnect", post({ user: "root" }));
  assert.deepEqual([answer.status, answer.body?.["detail"]], [403, "not the admin"]);
});

test("a body that names nobody is refused", async (t) => {
  const { ask, rooms } = await startApp(t);
  for (const body of [{}, { user: "a", session: "s" }, { user: "" }, { usr: "a" }])
    assert.equal((await ask("/api/disconnect", post(body))).status, 400);
  assert.equal(rooms.disconnected.length, 0);
});
