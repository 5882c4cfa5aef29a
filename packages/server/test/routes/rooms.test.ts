import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, startApp } from "../http-fixture.ts";

test("the rooms are listed by name with members, messages and position, and not kept by anyone on the way", async (t) => {
  const { ask, rooms } = await startApp(t);
  const lobby = { room: "lobby", members: 2, messages: 3, position: "e.3.t" };
  const greeting = { room: "你好 👋", members: 0, messages: 1, position: "e.1.t" };
  rooms.summaries = [greeting, lobby];
  const answer = await ask("/api/rooms");
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, { rooms: [lobby, greeting] });
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
});

test("without rooms the list is empty", async (t) => {
  const { ask } = await startApp(t);
  assert.deepEqual((await ask("/api/rooms")).body, { rooms: [] });
});

const namesIn = ({ body }: Answer): unknown[] => Array.from(Object.values(body?.["rooms"] ?? []), ({ room }: { room: string }) => room);

test("rooms are found by the beginning of their names, in pages", async (t) => {
  const { ask, rooms } = await startApp(t);
  rooms.summaries = ["chat:b", "news", "chat:你", "chat:a"].map((room) => ({ room, members: 1, messages: 0, position: "e.0.t" }));
  const first = await ask("/api/rooms?prefix=chat:&limit=2");
  assert.deepEqual([namesIn(first), first.body?.["next"]], [["chat:a", "chat:b"], "chat:b"]);
  const rest = await ask("/api/rooms?prefix=chat:&limit=2&after=chat:b");
  assert.deepEqual([namesIn(rest), rest.body?.["next"]], [["chat:你"], undefined]);
});
