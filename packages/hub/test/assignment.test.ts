import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { MemoryBroker } from "../src/memory-broker.ts";
import { BrokerDouble } from "./support/broker-double.ts";
import { countingIds, sessionOf, testHub } from "./support/test-hub.ts";

test("the application puts a session into a room: its client is told as after a join, but without ref, and so are the others (hub-v1, Rooms that the server chooses)", async () => {
  const { hub, connected, clock } = testHub();
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  await bo.join("a", { presence: true });
  for (const data of [1, 2, 3]) await hub.publish("a", { data });
  assert.equal(await hub.join({ session: sessionOf(ada).id }, "a", { rewind: 2, presence: true, data: { seat: 1 } }), 1);
  const [joined] = ada.all("joined");
  assert.deepEqual(
    [joined?.ref, joined?.replay, joined?.recovered, joined?.memberCount, joined?.members?.length],
    [undefined, 2, undefined, 2, 2],
  );
  assert.deepEqual([ada.data, ada.all("message").at(-1)?.position], [[2, 3], joined?.position]);
  assert.deepEqual(bo.all("presence")[0]?.joined, [{ session: sessionOf(ada).id, user: "Ada", data: { seat: 1 }, since: clock.now() }]);
  await hub.publish("a", { data: 4 });
  await ada.publish("a", 5);
  assert.deepEqual([ada.data, bo.data.length], [[2, 3, 4, 5], 5]);
  assert.equal(await hub.join({ user: "Ada" }, "a"), 1, "who is in already stays as it is");
  assert.equal(ada.all("joined").length, 1);
});

test("all sessions of a user are put in and taken out, on all nodes, those without a connection too (hub-v1, Rooms that the server chooses)", async () => {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  const [east, west] = [testHub({ clock, broker, ids: countingIds("E") }), testHub({ clock, broker, ids: countingIds("W") })];
  const [ada, far, away, bo] = [east.connected("Ada"), west.connected("Ada"), west.connected("Ada"), west.connected("Bo")];
  await settle();
  away.connection.closed(1006, false);
  assert.equal(await east.hub.join({ user: "Ada" }, "a", { presence: true }), 1);
  await settle();
  assert.deepEqual(
    [ada, far, away, bo].map((client) => client.all("joined").length),
    [1, 1, 0, 0],
  );
  assert.deepEqual(
    (await east.hub.members("a"))
      .map((member) => [member.user, member.away !== undefined])
      .toSorted((one, other) => Number(one[1]) - Number(other[1])),
    [
      ["Ada", false],
      ["Ada", false],
      ["Ada", true],
    ],
  );
  assert.equal(await east.hub.leave({ user: "Ada" }, "a", { code: "over", message: "the game is over" }), 1);
  await settle();
  const left = { type: "left", room: "a", code: "over", message: "the game is over" };
  assert.deepEqual([ada.all("left"), far.all("left"), await east.hub.members("a")], [[left], [left], []]);
  assert.equal(await east.hub.leave({ user: "Ada" }, "a"), 0);
  await east.hub.join({ user: "Ada" }, "a");
  await settle();
  assert.deepEqual(
    [ada, far].map((client) => client.all("joined").length),
    [2, 2],
    "a node does not obey its own voice twice, and later orders come later",
  );
  for (const { hub } of [east, west]) hub.close();
  broker.close();
  assert.equal(clock.pending, 0);
});

test("a session that is away is told when it comes back, with all that was published since it was put in (hub-v1, Rooms that the server chooses)", async () => {
  const { hub, connected, clock } = testHub();
  const [first, watcher] = [connected("Ada"), connected("Bo")];
  await watcher.join("a", { presence: true });
  await hub.publish("a", { data: 1 });
  await hub.publish("a", { data: 2 });
  first.connection.closed(1006, false);
  const lastSeen = clock.now();
  clock.advance(10_000);
  assert.equal(await hub.join({ user: "Ada" }, "a", { rewind: 1 }), 1);
  assert.equal(watcher.all("presence")[0]?.joined?.[0]?.away, lastSeen);
  await hub.publish("a", { data: 3 });
  clock.advance(10_000);
  const ada = connected("Ada", sessionOf(first));
  await settle();
  assert.deepEqual([ada.all("joined").length, ada.data], [1, [2, 3]]);
  assert.deepEqual(watcher.presence, ["joined Ada", "changed Ada"]);
  await hub.publish("a", { data: 4 });
  clock.advance(10_000);
  assert.deepEqual([ada.data, watcher.presence.length], [[2, 3, 4], 2]);
});

test("a client that never heard of its room is told again 5 s after it came back; one that joins by itself recovers as from any room (hub-v1, Rooms that the server chooses)", async () => {
  for (const knows of [false, true]) {
    const { hub, connected, clock } = testHub();
    const first = connected("Ada");
    await hub.publish("a", { data: 0 });
    await hub.join({ user: "Ada" }, "a");
    await hub.publish("a", { data: 1 });
    first.connection.closed(1006, false);
    await hub.publish("a", { data: 2 });
    const ada = connected("Ada", sessionOf(first));
    if (knows) assert.equal((await ada.join("a", { position: first.all("message")[0]?.position })).recovered, true);
    await clock.advanceAsync(4_999);
    assert.deepEqual(ada.data, knows ? [2] : []);
    await clock.advanceAsync(1);
    assert.deepEqual([ada.data, ada.all("joined").length], [knows ? [2] : [1, 2], 1]);
    // From its own join on the room is the client's business: forgotten, it is left.
    ada.connection.closed(1006, false);
    connected("Ada", sessionOf(first));
    await clock.advanceAsync(5_000);
    assert.equal((await hub.members("a")).length, knows ? 0 : 1);
  }
});

test("a client that was away when it was taken out is refused with removed when it comes back, once; who joins anew is let in (hub-v1, Rooms that the server chooses)", async () => {
  const { hub, connected } = testHub();
  const first = connected("Ada");
  await connected("Bo").join("a");
  const { position } = await first.join("a");
  first.connection.closed(1006, false);
  assert.equal(await hub.leave({ user: "Ada" }, "a", { message: "the game is over" }), 1);
  const ada = connected("Ada", sessionOf(first));
  const refused = await ada.expect("error", { type: "join", room: "a", position });
  assert.deepEqual([refused.code, refused.message], ["removed", "the game is over"]);
  await ada.join("a");
  await hub.leave({ user: "Ada" }, "a");
  await ada.join("a");
  await hub.leave({ user: "Ada" }, "a");
  await hub.join({ user: "Ada" }, "a");
  assert.deepEqual([ada.all("left").length, ada.all("joined").length], [2, 3]);
  assert.equal((await ada.join("a", { position })).recovered, true);
});

test("what is put together wrongly is thrown at the application, and names what is wrong", async () => {
  const { hub, connected } = testHub({ limits: { roomsPerConnection: 1 } });
  const ada = connected("Ada");
  const whom = { user: "Ada" };
  await assert.rejects(hub.join(whom, " a"), { name: "TypeError", message: /room " a" begins or ends with white space/ });
  await assert.rejects(hub.join(whom, "$a"), { name: "TypeError", message: /"\$a" begins with \$/ });
  await assert.rejects(hub.join(whom, "a", { rewind: 1_001 }), {
    name: "TypeError",
    message: /rewind must be an integer from 0 to 1000, got 1001/,
  });
  await assert.rejects(hub.join(whom, "a", { data: "x".repeat(1_023) }), { name: "TypeError", message: /at most 1024 bytes/ });
  assert.deepEqual(
    [await hub.join({ user: "nobody" }, "a"), await hub.join({ session: "nobody" }, "a"), await hub.join(whom, "a")],
    [0, 0, 1],
  );
  await assert.rejects(hub.join(whom, "b"), { name: "RangeError", message: `session ${sessionOf(ada).id} is in 1 rooms, the limit is 1` });
});

test("a store that does not answer is told to the application, and leaves no half membership behind", async () => {
  const broker = new BrokerDouble();
  const { hub, connected } = testHub({ broker });
  connected("Ada");
  broker.onSubscribe = () => Promise.reject(new Error("no answer"));
  await assert.rejects(hub.join({ user: "Ada" }, "a"), /no answer/);
  broker.onSubscribe = () => {};
  assert.equal(await hub.join({ user: "Ada" }, "a"), 1);
});

test("a session that ends while it is put in is not a member, and the room is let go of", async () => {
  const broker = new BrokerDouble();
  broker.fill(3);
  const { hub, connected } = testHub({ broker });
  const ada = connected("Ada");
  await settle();
  broker.onRead = () => ada.connection.closed(1000, true);
  assert.equal(await hub.join({ user: "Ada" }, "a", { rewind: 1 }), 0);
  assert.deepEqual([ada.all("joined"), broker.subscribers.length], [[], 0]);
});
