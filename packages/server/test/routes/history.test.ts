import assert from "node:assert/strict";
import { test } from "node:test";
import { startApp } from "../http-fixture.ts";

test("a page of history has its messages, oldest first, and says whether that is all", async (t) => {
  const { ask, rooms } = await startApp(t);
  const message = { position: "e.1.t", previous: null, data: "你好", id: "m1", user: "阿达", session: "s1", time: 1 };
  rooms.part = { messages: [message, { position: "e.2.t", data: null, time: 2 }], complete: false };
  const answer = await ask("/api/rooms/%E6%88%BF/messages?limit=2&before=e.3.t");
  assert.deepEqual(answer.body, { room: "房", messages: rooms.part.messages, complete: false });
  assert.deepEqual(rooms.queries, [["房", { limit: 2, before: "e.3.t" }]]);
});

test("a position that the history does not know is 404, and named", async (t) => {
  const { ask, rooms } = await startApp(t);
  rooms.part = undefined;
  const answer = await ask("/api/rooms/a/messages?after=e.9.t");
  assert.deepEqual([answer.status, answer.body?.["code"]], [404, "unknown-position"]);
  assert.match(String(answer.body?.["detail"]), /"e\.9\.t"/);
});

test("a wrong limit is 400, with the bounds", async (t) => {
  const answer = await (await startApp(t)).ask("/api/rooms/a/messages?limit=0");
  assert.deepEqual([answer.status, answer.body?.["detail"]], [400, 'limit: limit must be a whole number from 1 to 1000, not "0"']);
});
