import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { BrokerDouble } from "./support/broker-double.ts";
import { sessionOf, testHub } from "./support/test-hub.ts";

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
