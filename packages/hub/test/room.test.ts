import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import type { Broker, Subscriber, Subscription } from "../src/broker.ts";
import { MemoryBroker } from "../src/memory-broker.ts";
import { Ear } from "../src/testing/ear.ts";
import { BrokerDouble } from "./support/broker-double.ts";
import { countingIds, sessionOf, testHub } from "./support/test-hub.ts";

test("contract 9: one encoded message is shared by all receivers of a fan-out", async () => {
  const { hub, connected } = testHub();
  const clients = [connected(), connected(), connected()];
  for (const client of clients) await client.join("a", { presence: true });
  await hub.publish("a", { data: { text: "你好 👋" } });
  await hub.publish("a", { data: "typing", ephemeral: true });
  const [first, ...others] = clients.map((client) => client.raw.slice(-2));
  for (const other of others) {
    assert.equal(other[0], first?.[0]);
    assert.equal(other[1], first?.[1]);
  }
});

test("contract 4: all receivers see one order, and the publisher receives its own (hub-v1, Publishing)", async () => {
  const { connected } = testHub();
  const clients = [connected(), connected(), connected()];
  for (const client of clients) await client.join("a");
  for (let index = 0; index < 30; index++) clients[index % 3]?.say({ type: "publish", ref: 100 + index, room: "a", data: index });
  await settle();
  const [first, ...others] = clients.map((client) => client.data);
  assert.equal(first?.length, 30);
  for (const other of others) assert.deepEqual(other, first);
  for (const sender of [0, 1, 2]) {
    const own: number[] = (first ?? []).map(Number).filter((data) => data % 3 === sender);
    assert.deepEqual(
      own,
      own.toSorted((one: number, other: number) => one - other),
    );
  }
});

test("an ephemeral message goes to the others only and is not kept (hub-v1, Publishing)", async () => {
  const { connected, clock } = testHub();
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  await ada.join("a");
  await bo.join("a");
  const published = await ada.publish("a", "typing", { ephemeral: true });
  assert.deepEqual(Object.keys(published), ["type", "ref", "room"]);
  assert.deepEqual(bo.all("ephemeral"), [
    { type: "ephemeral", room: "a", data: "typing", user: "Ada", session: sessionOf(ada).id, time: clock.now() },
  ]);
  assert.deepEqual(ada.all("ephemeral"), []);
  const late = connected();
  assert.equal((await late.join("a", { rewind: 10 })).replay, 0);
});

test("a joining session is told the members, the watchers are told of it, and it is not told of itself (hub-v1, Sessions and presence)", async () => {
  const { connected, clock } = testHub();
  const [ada, bo, silent] = [connected("Ada"), connected("Bo"), connected()];
  await ada.join("a", { presence: true, data: { colour: "red" } });
  const quiet = await silent.join("a");
  assert.deepEqual([quiet.members, quiet.memberCount], [undefined, 2]);
  const joined = await bo.join("a", { presence: true });
  const since = clock.now();
  assert.deepEqual(joined.members, [
    { session: sessionOf(ada).id, user: "Ada", data: { colour: "red" }, since },
    { session: sessionOf(silent).id, since },
    { session: sessionOf(bo).id, user: "Bo", since },
  ]);
  assert.deepEqual(ada.all("presence"), [
    { type: "presence", room: "a", joined: [{ session: sessionOf(silent).id, since }], memberCount: 2 },
    { type: "presence", room: "a", joined: [{ session: sessionOf(bo).id, user: "Bo", since }], memberCount: 3 },
  ]);
  await bo.expect("left", { type: "leave", room: "a" });
  assert.deepEqual(ada.all("presence")[2], {
    type: "presence",
    room: "a",
    left: [{ session: sessionOf(bo).id, user: "Bo" }],
    memberCount: 2,
  });
  assert.deepEqual([bo.presence, silent.presence], [[], []]);
});

test("contract 7: joining again changes nothing for the others but the data that it brings", async () => {
  const { connected } = testHub();
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  await ada.join("a", { presence: true });
  await bo.join("a");
  await bo.join("a");
  assert.deepEqual(ada.presence, ["joined Bo"]);
  const again = await bo.join("a", { presence: true, data: "new" });
  await bo.join("a", { presence: true });
  assert.deepEqual([ada.presence, again.memberCount, again.members?.[1]?.data], [["joined Bo", "changed Bo"], 2, "new"]);
});

test("where the rules keep presence to themselves nobody is told who is there", async () => {
  const { connected } = testHub({ rules: { presence: false } });
  const [ada, bo] = [connected(), connected()];
  assert.equal((await ada.join("a", { presence: true })).members, undefined);
  assert.equal((await bo.join("a", { presence: true })).memberCount, 2);
  assert.deepEqual(ada.presence, []);
  assert.equal((await ada.expect("error", { type: "members", room: "a" })).code, "forbidden");
});

test("R20: at most 1,000 members are listed at a time, pages have the others, all are counted (hub-v1, From the server)", async () => {
  const { connected, clock } = testHub();
  for (let index = 0; index < 1_001; index++) connected().say({ type: "join", ref: 1, room: "a" });
  await settle();
  clock.advance(2_000);
  await connected().join("a");
  const watcher = connected();
  const joined = await watcher.join("a", { presence: true });
  assert.deepEqual([joined.members?.length, joined.members?.[0]?.session, joined.memberCount], [1_000, sessionOf(watcher).id, 1_003]);
  const page = await watcher.expect("members", { type: "members", room: "a", after: joined.next });
  assert.deepEqual([page.members.length, page.next, page.memberCount], [3, undefined, 1_003]);
  clock.advance(1_000);
  const news = watcher.all("presence").map(({ joined = [], memberCount }) => [joined.length, memberCount]);
  assert.deepEqual(news, [[1, 1_003]]);
  const small = await watcher.expect("members", { type: "members", room: "a", limit: 10 });
  assert.deepEqual([small.members.length, small.next], [10, "10"]);
  const wrong = await watcher.expect("error", { type: "members", room: "a", after: "x" });
  assert.equal(wrong.message, 'after must be the next of an earlier page, got "x"');
});

test("contract 2: messages that pass while a join reads the past come once, in order, within the replay or after it", async () => {
  const broker = new BrokerDouble();
  broker.fill(10);
  const { connected } = testHub({ broker });
  const [early, late] = [connected(), connected()];
  await early.join("a");
  broker.onRead = () => {
    // The page was cut at 12 while 13 is already told to everyone, and 14 comes right after.
    broker.fill(14);
    broker.tell(11);
    broker.tell(12);
    const all = [...broker.kept];
    broker.kept = all.slice(0, 12);
    broker.top = all[11]?.position ?? broker.top;
    for (const message of all.slice(12)) for (const subscriber of broker.subscribers) subscriber.message(message);
    broker.onRead = () => {};
  };
  const joined = await late.join("a", { position: "e.8.t8" });
  assert.deepEqual([joined.recovered, joined.replay, joined.position], [true, 6, "e.14.t14"]);
  assert.deepEqual(late.data, [9, 10, 11, 12, 13, 14]);
  assert.deepEqual(early.data, [11, 12, 13, 14]);
});

test("contract 2: what a replay had already is not delivered again when the node hears of it late", async () => {
  const broker = new BrokerDouble();
  broker.fill(10);
  const { connected } = testHub({ broker });
  const [early, late] = [connected(), connected()];
  await early.join("a");
  broker.fill(12);
  const joined = await late.join("a", { position: "e.9.t9" });
  assert.deepEqual([joined.replay, joined.position], [3, "e.12.t12"]);
  broker.tell(11);
  broker.tell(12);
  broker.fill(13);
  broker.tell(13);
  await settle();
  assert.deepEqual(
    [early.data, late.data],
    [
      [11, 12, 13],
      [10, 11, 12, 13],
    ],
  );
});

test("contract 2: a join that sees a new epoch before the node does tells the members at once", async () => {
  const broker = new BrokerDouble();
  broker.fill(10);
  const { connected, events } = testHub({ broker });
  const [early, late] = [connected(), connected()];
  await early.join("a");
  broker.kept = [];
  broker.top = { epoch: "f", offset: 0, tag: "0" };
  const joined = await late.join("a", { position: "e.10.t10", rewind: 5 });
  assert.deepEqual([joined.recovered, joined.replay, joined.position], [false, 0, "f.0.0"]);
  assert.deepEqual(early.all("insufficient"), [{ type: "insufficient", room: "a", position: "f.0.0" }]);
  assert.ok(events.some((event) => event.type === "recovery-refused" && event.why === "epoch"));
});

test("contract 2: a join whose epoch ends while it reads starts over in the new one", async () => {
  const broker = new BrokerDouble();
  broker.fill(10);
  const { connected } = testHub({ broker });
  const [early, late] = [connected(), connected()];
  await early.join("a");
  broker.afterRead = async () => {
    broker.afterRead = () => {};
    await broker.rotate("a", "e");
    await settle();
  };
  const joined = await late.join("a", { position: "e.8.t8" });
  assert.deepEqual([joined.recovered, joined.position], [false, "e+.0.0"]);
  assert.deepEqual(
    early.all("insufficient").map(({ position }) => position),
    ["e+.0.0"],
  );
});

test("contract 2: what the node lost is not held against a member whose replay went further", async () => {
  const broker = new BrokerDouble();
  broker.fill(5);
  const { connected } = testHub({ broker });
  const [early, late] = [connected(), connected()];
  await early.join("a");
  broker.fill(9);
  broker.kept = broker.kept.slice(8);
  let joined: Promise<unknown> = Promise.resolve();
  broker.afterRead = async () => {
    // The node heals with a page that ends at 9; before it has it, a newcomer's replay goes to 10.
    broker.afterRead = () => {};
    broker.fill(10);
    joined = late.join("a", { rewind: 2 });
    await settle();
  };
  broker.tell(9);
  await settle();
  await joined;
  broker.tell(10);
  broker.fill(11);
  broker.tell(11);
  await settle();
  assert.deepEqual([early.all("insufficient").map(({ position }) => position), early.data], [["e.9.t9"], [10, 11]]);
  assert.deepEqual([late.all("insufficient"), late.data], [[], [9, 10, 11]]);
});

test("contract 7: a node that is told twice tells its members once", async () => {
  const broker = new BrokerDouble();
  const client = testHub({ broker }).connected();
  await client.join("a", { presence: true });
  for (const subscriber of broker.subscribers) {
    for (let time = 0; time < 2; time++) subscriber.entered({ session: "far", since: 1 });
    for (let time = 0; time < 2; time++) subscriber.exited("far");
  }
  assert.deepEqual(
    client.all("presence").map(({ joined, left, memberCount }) => [joined?.length, left?.length, memberCount]),
    [
      [1, undefined, 2],
      [undefined, 1, 1],
    ],
  );
});

test("contract 7: who leaves another node while the list of members is on its way here is not in the room", async () => {
  const broker = new MemoryBroker({ clock: new FakeClock(), ids: countingIds() });
  const far = await broker.subscribe("a", new Ear());
  for (const session of ["goes", "stays"]) far.enter({ session, since: 1 });
  const late: Broker = new Proxy(broker, {
    get: (target, name) => (name === "subscribe" ? subscribe : (Reflect.get(target, name) as () => unknown).bind?.(target)),
  });
  const subscribe = async (room: string, subscriber: Subscriber): Promise<Subscription> => {
    const subscription = await broker.subscribe(room, subscriber);
    if (room === "a") {
      far.exit("goes");
      far.enter({ session: "comes", since: 2 });
    }
    return subscription;
  };
  const { members = [], memberCount } = await testHub({ broker: late }).connected().join("a", { presence: true });
  const others = members.map(({ session }) => session).filter((session) => ["goes", "stays", "comes"].includes(session));
  assert.deepEqual([others.toSorted(), memberCount], [["comes", "stays"], 3]);
});

test("M: a member without a connection is away for the members on all nodes, in lists too, until it is back or its session ends", async () => {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  const [east, west] = [testHub({ clock, broker, ids: countingIds("E") }), testHub({ clock, broker, ids: countingIds("W") })];
  const [page, phone] = [west.connected("page"), east.connected("phone")];
  await page.join("a", { presence: true });
  await phone.join("a");
  const lastSeen = clock.now();
  phone.connection.closed(1006, false);
  await clock.advanceAsync(4_999);
  assert.deepEqual(page.presence, ["joined phone"]);
  await clock.advanceAsync(1);
  assert.deepEqual(
    page.all("presence")[1]?.changed?.map(({ user, away }) => [user, away]),
    [["phone", lastSeen]],
  );
  const late = await west.connected().join("a", { presence: true });
  assert.deepEqual(
    late.members?.map(({ user, away }) => [user, away]),
    [
      ["page", undefined],
      ["phone", lastSeen],
      [undefined, undefined],
    ],
  );
  const back = east.connected("phone", sessionOf(phone));
  await back.join("a");
  assert.deepEqual(
    page.all("presence")[3]?.changed?.map(({ user, away }) => [user, away]),
    [["phone", undefined]],
  );
  back.connection.closed(1006, false);
  await clock.advanceAsync(60_000);
  assert.deepEqual(page.presence.slice(4), ["changed phone", "left phone"]);
});
