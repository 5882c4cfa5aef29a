import assert from "node:assert/strict";
import { test } from "node:test";
import { startApp } from "../http-fixture.ts";

test("users are listed by name, in pages", async (t) => {
  const { ask, rooms } = await startApp(t);
  rooms.users = ["c", "阿达", "a", "b"].map((user) => ({ user, sessions: 1 }));
  const first = await ask("/api/users?limit=2");
  assert.deepEqual(first.body, {
    users: [
      { user: "a", sessions: 1 },
      { user: "b", sessions: 1 },
    ],
    next: "b",
  });
  const rest = await ask("/api/users?limit=2&after=b");
  assert.deepEqual(rest.body, {
    users: [
      { user: "c", sessions: 1 },
      { user: "阿达", sessions: 1 },
    ],
  });
});

test("U: a user is asked for by name, in any script; who is offline has no sessions", async (t) => {
  const { ask, rooms } = await startApp(t);
  rooms.users = [{ user: "阿达 🦊", sessions: 2 }];
  assert.deepEqual((await ask("/api/users/%E9%98%BF%E8%BE%BE%20%F0%9F%A6%8A")).body, { user: "阿达 🦊", sessions: 2 });
  assert.deepEqual((await ask("/api/users/nobody")).body, { user: "nobody", sessions: 0 });
  assert.equal((await ask("/api/users/%20x")).body?.["code"], "bad-name");
});

test("a message to a user is JSON or text, and the answer says to how many it went", async (t) => {
  const { ask, rooms } = await startApp(t);
  rooms.users = [{ user: "Ada", sessions: 2 }];
  const answer = await ask("/api/users/Ada/messages", { method: "POST", body: '{"x":1}', headers: { "content-type": "application/json" } });
  assert.deepEqual([answer.status, answer.body], [200, { user: "Ada", delivered: 2 }]);
  await ask("/api/users/Bo/messages", { method: "POST", body: "hi" });
  assert.deepEqual(rooms.sent, [
    ["Ada", { x: 1 }],
    ["Bo", "hi"],
  ]);
});
