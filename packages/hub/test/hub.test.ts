import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { MemoryBroker } from "../src/memory-broker.ts";
import { BrokerDouble } from "./support/broker-double.ts";
import { countingIds, sessionOf, testHub } from "./support/test-hub.ts";

test("the application publishes with an outcome: stored, duplicate, sent (contract 3)", async () => {
  const { hub, connected } = testHub();
  const client = connected();
  await client.join("a");
  const first = await hub.publish("a", { data: { text: "你好" }, id: "k", user: "Bot" });
  assert.ok(first.outcome === "stored");
  assert.deepEqual(await hub.publish("a", { data: { text: "你好" }, id: "k", user: "Bot" }), {
    outcome: "duplicate",
    position: first.position,
  });
  assert.deepEqual(await hub.publish("a", { data: 1, ephemeral: true }), { outcome: "sent" });
  const [message] = client.all("message");
  assert.deepEqual([message?.data, message?.user, message?.id, message?.session], [{ text: "你好" }, "Bot", "k", undefined]);
  assert.equal(client.all("ephemeral").length, 1);
});

const circle: unknown[] = [];
circle.push(circle);
const refusals: [string, Parameters<ReturnType<typeof testHub>["hub"]["publish"]>[1], string, RegExp][] = [
  ["", { data: 1 }, "bad-name", /room is empty/],
  ["$x", { data: 1 }, "forbidden", /"\$x"/],
  ["a", { data: undefined }, "bad-message", /data must be a JSON value/],
  ["a", { data: 1n }, "bad-message", /BigInt/],
  ["a", { data: circle }, "bad-message", /circular/],
  ["a", { data: "x".repeat(70_000) }, "bad-message", /65536/],
  ["a", { data: 1, id: "a b" }, "bad-message", /id must be 1 to 64/],
  ["a", { data: 1, user: " x" }, "bad-name", /user .* white space/],
];

test("what the application does wrong is rejected with a code and a text that names it", async () => {
  const { hub } = testHub();
  for (const [room, publication, code, message] of refusals) {
    const outcome = await hub.publish(room, publication);
    assert.ok(outcome.outcome === "rejected", JSON.stringify(outcome));
    assert.equal(outcome.code, code);
    assert.match(outcome.message, message);
  }
  assert.deepEqual(await hub.rooms(), []);
});

test("contract 3: other data under an id is rejected; a store that does not answer is unknown", async () => {
  const { hub } = testHub();
  await hub.publish("a", { data: 1, id: "k", subject: "ada" });
  const conflict = await hub.publish("a", { data: 2, id: "k", subject: "ada" });
  assert.equal(conflict.outcome === "rejected" && conflict.code, "id-conflict");
  assert.equal((await hub.publish("a", { data: 2, id: "k", subject: "eve" })).outcome, "stored");
  const broker = new BrokerDouble();
  broker.outcomes.push(
    () => Promise.resolve({ outcome: "unknown" }),
    () => Promise.reject(new Error("gone")),
  );
  const other = testHub({ broker });
  assert.deepEqual(await other.hub.publish("a", { data: 1 }), { outcome: "unknown" });
  assert.deepEqual(await other.hub.publish("a", { data: 1 }), { outcome: "unknown" });
});

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

test("contract 1: an empty room that comes again has another epoch, so an old position proves nothing", async () => {
  const { connected } = testHub();
  const client = connected();
  const { position } = await client.join("a");
  await client.expect("left", { type: "leave", room: "a" });
  const again = await client.join("a", { position });
  assert.equal(again.recovered, false);
  assert.notEqual(again.position, position);
});

test("after everything ended no timer is pending, no session and no connection is left", async () => {
  const { hub, connected, clock } = testHub();
  const clients = ["Ada", "Bo", "Cy"].map((name) => connected(name));
  for (const client of clients) await client.join("a", { presence: true });
  await clients[0]?.publish("a", 1, { id: "i" });
  clients[0]?.connection.closed(1000, true);
  clients[1]?.connection.closed(1006, false);
  clients[2]?.connection.close(4404, "disconnected");
  await clock.advanceAsync(3_700_000);
  assert.deepEqual([hub.connectionCount, hub.sessionCount, clock.pending, await hub.rooms()], [0, 0, 0, []]);
});

test("closing the hub closes every connection with its code, refuses later ones, and leaves no timer", async () => {
  for (const code of [1001, 1012] as const) {
    const { hub, connected, client, clock } = testHub();
    const [ada, bo] = [connected(), connected()];
    await ada.join("a", { presence: true });
    await bo.join("a", { presence: true });
    const silent = client();
    bo.connection.closed(1006, false);
    ada.say({ type: "publish", ref: 9, room: "a", data: 1 });
    hub.close(code);
    hub.close(code);
    assert.deepEqual([ada.closedWith?.code, silent.closedWith?.code, ada.presence], [code, code, ["joined s3"]]);
    assert.equal(client().closedWith?.code, code);
    await settle();
    const late = await hub.publish("a", { data: 1 });
    assert.equal(late.outcome, "rejected");
    assert.deepEqual([hub.connectionCount, hub.sessionCount, clock.pending], [0, 0, 0]);
  }
});

test("two hubs on one broker behave as one: order, presence, ids, recovery", async () => {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  const [east, west] = [testHub({ clock, broker, ids: countingIds("E") }), testHub({ clock, broker, ids: countingIds("W") })];
  const [ada, bo] = [east.connected("Ada"), west.connected("Bo")];
  await ada.join("a", { presence: true });
  const joined = await bo.join("a", { presence: true });
  assert.deepEqual(
    joined.members?.map(({ user }) => user),
    ["Ada", "Bo"],
  );
  assert.deepEqual(
    ada.all("presence").map(({ joined, memberCount }) => [joined?.[0]?.user, memberCount]),
    [["Bo", 2]],
  );
  for (let index = 0; index < 10; index++) (index % 2 === 0 ? ada : bo).say({ type: "publish", ref: 20 + index, room: "a", data: index });
  await settle();
  assert.equal(ada.data.length, 10);
  assert.deepEqual(bo.data, ada.data);
  assert.deepEqual(
    (await west.hub.members("a")).map(({ user }) => user),
    ["Ada", "Bo"],
  );
  assert.deepEqual(
    (await east.hub.rooms()).map(({ members }) => members),
    [2],
  );
  const traveller = west.connected("Ada");
  const { recovered, replay } = await traveller.join("a", { position: ada.all("message")[4]?.position });
  assert.deepEqual([recovered, replay], [true, 5]);
  west.hub.close();
  assert.deepEqual(
    ada.all("presence").flatMap(({ left, memberCount }) => (left === undefined ? [] : [memberCount])),
    [2, 1],
  );
  await ada.publish("a", "still here");
  east.hub.close();
  broker.close();
  assert.equal(clock.pending, 0);
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

test("the application reads a room's history in pages, both ways, as clients do (hub-v1, History)", async () => {
  const { hub } = testHub();
  for (const data of [1, 2, 3, 4]) await hub.publish("a", { data, user: "系统" });
  const newest = await hub.history("a", { limit: 2 });
  assert.deepEqual(
    [newest?.messages.map(({ data, user }) => [data, user]), newest?.complete],
    [
      [
        [3, "系统"],
        [4, "系统"],
      ],
      false,
    ],
  );
  const first = newest?.messages[0]?.position ?? "";
  const older = await hub.history("a", { before: first });
  assert.deepEqual([older?.messages.map(({ data }) => data), older?.complete], [[1, 2], true]);
  const after = await hub.history("a", { after: older?.messages[0]?.position ?? "" });
  assert.deepEqual(
    after?.messages.map(({ data }) => data),
    [2, 3, 4],
  );
  assert.equal(await hub.history("a", { before: "x.1.y" }), undefined);
  assert.deepEqual(await hub.history("nowhere"), { messages: [], complete: true });
  await assert.rejects(hub.history("a", { limit: 0 }), RangeError);
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

test("R5, R8: a drain closes connections one after another over its time, then the hub; close ends it at once", async () => {
  const { hub, connected, clock } = testHub();
  const clients = Array.from({ length: 10 }, () => connected());
  const closed = (): number => clients.filter(({ closedWith }) => closedWith?.code === 1012).length;
  const counts: number[] = [];
  const drained = hub.drain(1012, 1000);
  for (let elapsed = 0; elapsed < 1000; elapsed += 100) {
    counts.push(closed());
    for (let step = 0; step < 5; step++) {
      clock.advance(20);
      await settle();
    }
  }
  await drained;
  assert.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual([hub.connectionCount, hub.sessionCount], [0, 0]);
  const other = testHub();
  const late = [other.connected(), other.connected()];
  const cut = other.hub.drain(1001, 60_000);
  other.hub.close();
  other.clock.advance(20);
  await cut;
  assert.ok(late.every(({ closedWith }) => closedWith?.code === 1001));
});
