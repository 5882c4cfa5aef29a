import assert from "node:assert/strict";
import { test } from "node:test";
import { startApp } from "../http-fixture.ts";

test("the members of a room are listed, with how many there are", async (t) => {
  const { ask, rooms } = await startApp(t);
  rooms.who = {
    members: [
      { session: "s1", user: "阿达", data: { x: 1 }, since: 5, away: 7 },
      { session: "s2", since: 6 },
    ],
    memberCount: 1200,
  };
  const answer = await ask("/api/rooms/lobby/members");
  assert.deepEqual([answer.status, answer.body], [200, { room: "lobby", ...rooms.who }]);
});

test("R20: members come in pages", async (t) => {
  const { ask, rooms } = await startApp(t);
  rooms.who = { members: [{ session: "s3", since: 5 }], next: "s3", memberCount: 1200 };
  const answer = await ask("/api/rooms/lobby/members?after=s2&limit=1");
  assert.deepEqual([answer.status, answer.body?.["next"], rooms.asked], [200, "s3", { after: "s2", limit: 1 }]);
  assert.equal((await ask("/api/rooms/lobby/members?limit=1001")).status, 400);
});
