import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { sessionOf, testHub } from "./support/test-hub.ts";

test("a session outlives a broken connection by sessionTtlMs, then its members leave (hub-v1, Sessions and presence)", async () => {
  const { connected, clock, hub, events } = testHub();
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  await ada.join("a");
  await bo.join("a", { presence: true });
  ada.connection.closed(1006, false);
  clock.advance(59_999);
  assert.deepEqual(bo.presence, ["changed Ada"]);
  clock.advance(1);
  assert.deepEqual(bo.all("presence")[1], {
    type: "presence",
    room: "a",
    left: [{ session: sessionOf(ada).id, user: "Ada" }],
    memberCount: 1,
  });
  assert.equal(hub.sessionCount, 1);
  assert.deepEqual(events.at(-1), { type: "session-ended", session: sessionOf(ada).id, reason: "expired" });
});

test("a transport that the client closes with 1000 or 1001 ends the session at once; any other end does not (hub-v1, Sessions and presence)", () => {
  const ends: [number, boolean, boolean][] = [
    [1000, true, true],
    [1001, true, true],
    [1000, false, false],
    [1005, true, false],
    [1006, false, false],
    [4000, true, false],
  ];
  for (const [code, clean, isOver] of ends) {
    const { connected, client } = testHub();
    const first = connected();
    first.connection.closed(code, clean);
    assert.equal(client().connect({ session: sessionOf(first) }).resumed, !isOver, `${code} ${clean}`);
  }
});

test("contract 7: a membership goes on silently when the room is joined again within the grace", async () => {
  const { connected, clock } = testHub();
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  await ada.join("a", { data: { colour: "red" } });
  const [{ since } = {}] = (await bo.join("a", { presence: true })).members ?? [];
  ada.connection.closed(1006, false);
  clock.advance(30_000);
  const back = connected(undefined, sessionOf(ada));
  clock.advance(4_999);
  const joined = await back.join("a", { presence: true });
  clock.advance(100_000);
  assert.deepEqual(bo.presence, ["changed Ada", "changed Ada"]);
  assert.deepEqual(joined.members?.[0], { session: sessionOf(ada).id, user: "Ada", data: { colour: "red" }, since });
});

test("contract 7: a room that is not joined again within the grace is left, once", async () => {
  const { connected, clock } = testHub();
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  await ada.join("a");
  await ada.join("b");
  await bo.join("a", { presence: true });
  await bo.join("b", { presence: true });
  ada.connection.closed(1006, false);
  const back = connected(undefined, sessionOf(ada));
  await back.join("a");
  clock.advance(5_000);
  assert.deepEqual(
    bo.all("presence").map(({ room, left }) => [room, left?.length]),
    [["b", 1]],
  );
  back.connection.closed(1000, true);
  assert.deepEqual(
    bo.all("presence").map(({ room, left, memberCount }) => [room, left?.length, memberCount]),
    [
      ["b", 1, 1],
      ["a", 1, 1],
    ],
  );
});

test("a recovery that takes longer than the grace is no absence", async () => {
  const { connected, clock, hub } = testHub();
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  const { position } = await ada.join("a");
  await ada.join("b");
  await bo.join("b", { presence: true });
  ada.connection.closed(1006, false);
  for (let index = 0; index < 3; index++) await hub.publish("a", { data: index });
  const back = connected(undefined, sessionOf(ada));
  back.roomBelow = 2;
  back.say({ type: "join", ref: 2, room: "a", position });
  back.say({ type: "join", ref: 3, room: "b" });
  await settle();
  clock.advance(10_000);
  back.drain();
  await settle();
  assert.deepEqual(bo.presence, []);
  assert.equal(back.all("joined").length, 2);
});

test("a publish that was under way when the connection broke is still done", async () => {
  const { connected, hub } = testHub();
  const [ada, bo] = [connected(), connected()];
  await bo.join("a");
  ada.say({ type: "publish", ref: 2, room: "a", data: "last words", id: "i" });
  ada.connection.closed(1006, false);
  await settle();
  assert.deepEqual(bo.data, ["last words"]);
  const back = connected(undefined, sessionOf(ada));
  assert.equal((await back.publish("a", "last words", { id: "i" })).duplicate, true);
  hub.close();
});
