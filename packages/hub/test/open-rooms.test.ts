import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionOf, testHub } from "./support/test-hub.ts";

test("rooms are listed while they have members or kept messages", async () => {
  const { hub, connected, clock } = testHub();
  const client = connected();
  const { position } = await client.join("b");
  await hub.publish("a", { data: 1 });
  const [kept, joined, ...others] = await hub.rooms();
  assert.deepEqual([kept?.room, kept?.members, kept?.messages], ["a", 0, 1]);
  assert.deepEqual(joined, { room: "b", members: 1, messages: 0, position });
  assert.deepEqual(others, []);
  client.connection.closed(1000, true);
  await clock.advanceAsync(3_610_000);
  assert.deepEqual(await hub.rooms(), []);
});

test("contract 1: a room that was used and comes again has another epoch, so an old position proves nothing", async () => {
  const { connected } = testHub({ rules: { history: { messages: 0 } } });
  const client = connected();
  const { position } = await client.join("a");
  await client.publish("a", "kept by nobody");
  await client.expect("left", { type: "leave", room: "a" });
  const again = await client.join("a", { position });
  assert.equal(again.recovered, false);
  assert.notEqual(again.position, position);
});

test("the members of a room where this node has none are asked for and let go of", async () => {
  const { hub, connected } = testHub();
  const client = connected();
  await client.join("a");
  assert.deepEqual(
    (await hub.members("a")).map(({ session }) => session),
    [sessionOf(client).id],
  );
  assert.deepEqual(await hub.members("nobody"), []);
  assert.deepEqual(
    (await hub.rooms()).map(({ room }) => room),
    ["a"],
  );
});

test("presence tells who is in a room and how many, and leaves no room open", async () => {
  const { hub, connected } = testHub();
  await connected("Ada").join("a");
  const { members, memberCount } = await hub.presence("a");
  assert.deepEqual([members.map(({ user }) => user), memberCount], [["Ada"], 1]);
  assert.deepEqual(await hub.presence("b"), { members: [], memberCount: 0 });
  assert.equal(hub.stats().rooms, 1);
});

test("R20: the application reads members in pages, and the count of all", async () => {
  const { hub, connected } = testHub();
  const clients = Array.from({ length: 7 }, () => connected());
  for (const client of clients) await client.join("a");
  const first = await hub.presence("a", { limit: 3 });
  assert.deepEqual([first.members.length, first.memberCount], [3, 7]);
  const second = await hub.presence("a", { after: first.next, limit: 3 });
  const last = await hub.presence("a", { after: second.next, limit: 3 });
  const seen = [first, second, last].flatMap(({ members }) => members.map(({ session }) => session));
  assert.deepEqual([seen.toSorted(), last.next], [clients.map((client) => sessionOf(client).id).toSorted(), undefined]);
  await assert.rejects(hub.presence("a", { limit: 0 }), { name: "RangeError", message: "limit must be from 1 to 1000, not 0" });
});
