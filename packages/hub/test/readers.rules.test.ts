import assert from "node:assert/strict";
import { test } from "node:test";
import type { HubActivity } from "../src/activity.ts";
import { TestClient, testHub } from "./support/test-hub.ts";

test("a reader gets what a member gets and is seen by nobody: not in lists, presence, counts, users or hooks", async () => {
  const seen: HubActivity["type"][] = [];
  const { hub, connected } = testHub({ observe: ({ type }) => seen.push(type) });
  const ada = connected("Ada");
  await ada.join("a", { presence: true });
  const before = [...seen];
  const reader = new TestClient(hub, { isReader: true });
  reader.connect({ user: "Bo" });
  assert.equal((await reader.join("a")).memberCount, 1);
  await ada.publish("a", "hello");
  assert.deepEqual(reader.data, ["hello"]);
  assert.deepEqual(await hub.presence("a"), { members: (await hub.presence("a")).members, memberCount: 1 });
  reader.connection.closed(1006, false);
  assert.deepEqual([ada.presence, hub.usersHere().map(({ user }) => user)], [[], ["Ada"]]);
  assert.deepEqual(seen.slice(before.length), ["publish"]);
});

test("a reader alone does not occupy a room, and no other connection takes its session over", async () => {
  const seen: HubActivity["type"][] = [];
  const { hub, client } = testHub({ observe: ({ type }) => seen.push(type) });
  const reader = new TestClient(hub, { isReader: true });
  const { session } = reader.connect();
  await reader.join("a");
  reader.connection.closed(1006, false);
  assert.deepEqual([seen, hub.sessionCount, hub.stats().rooms], [[], 0, 0]);
  assert.equal(client().connect({ session }).resumed, false);
});

test("a reader recovers by its position like a member (contract 2)", async () => {
  const { hub, connected } = testHub();
  const ada = connected("Ada");
  await ada.join("a");
  const { position } = await ada.publish("a", 1);
  await ada.publish("a", 2);
  const reader = new TestClient(hub, { isReader: true });
  reader.connect();
  const joined = await reader.join("a", { position });
  assert.deepEqual([joined.recovered, joined.replay, reader.data], [true, 1, [2]]);
});
