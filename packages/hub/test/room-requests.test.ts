import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { BrokerDouble } from "./support/broker-double.ts";
import { sessionOf, testHub } from "./support/test-hub.ts";

test("rooms that begin with $ are forbidden, whatever is asked (hub-v1, Names)", async () => {
  const client = testHub().connected();
  for (const type of ["join", "leave", "publish", "members"] as const) {
    const error = await client.expect("error", { type, room: "$system", data: 1 });
    assert.deepEqual([error.code, error.message.includes('"$system"')], ["forbidden", true], type);
  }
});

test("leave and members need membership, publish does not (hub-v1, Publishing)", async () => {
  const client = testHub().connected();
  assert.equal((await client.expect("error", { type: "leave", room: "a" })).code, "not-joined");
  assert.equal((await client.expect("error", { type: "members", room: "a" })).code, "not-joined");
  assert.match((await client.publish("a", 1)).position ?? "", /^e\d+\.1\.t\d+$/);
  assert.deepEqual(client.all("message"), []);
});

test("members lists who is there (hub-v1, From the server)", async () => {
  const { connected, clock } = testHub();
  const client = connected("Ada");
  await client.join("a");
  const answer = await client.expect("members", { type: "members", room: "a" });
  assert.deepEqual(answer.members, [{ session: sessionOf(client).id, user: "Ada", since: clock.now() }]);
  assert.equal(answer.memberCount, 1);
});

test("after leave nothing comes from the room (hub-v1, From the client)", async () => {
  const { connected, hub } = testHub();
  const client = connected();
  await client.join("a");
  await client.expect("left", { type: "leave", room: "a" });
  await hub.publish("a", { data: 1 });
  assert.deepEqual(client.data, []);
});

test("answers keep the order of the requests to a room (hub-v1, Requests)", async () => {
  const client = testHub().connected();
  const requests = ["join", "publish", "members", "leave", "publish", "members", "join"];
  for (const [index, type] of requests.entries()) client.say({ type, ref: 10 + index, room: "a", data: 1 });
  await settle();
  const answers = client.heard.slice(1).filter(({ type }) => type !== "message");
  assert.deepEqual(
    answers.map((answer) => ("ref" in answer ? answer.ref : undefined)),
    [10, 11, 12, 13, 14, 15, 16],
  );
  assert.equal(answers[5]?.type, "error");
});

test("more rooms than roomsPerConnection are refused, also when the joins are pipelined (hub-v1, Errors)", async () => {
  const client = testHub({ limits: { roomsPerConnection: 2 } }).connected();
  for (const [index, room] of ["a", "b", "c", "d"].entries()) client.say({ type: "join", ref: index + 10, room, rewind: 1 });
  await settle();
  assert.deepEqual([client.all("joined").length, client.all("error").map(({ code }) => code)], [2, ["too-many-rooms", "too-many-rooms"]]);
  await client.expect("left", { type: "leave", room: "a" });
  await client.join("c");
});

test("contract 2: a client that comes back gets exactly what it missed, and recovered true", async () => {
  const { connected, hub } = testHub();
  const client = connected();
  const { position } = await client.join("a");
  assert.equal((await connected().join("a", { position })).recovered, true);
  client.connection.closed(1006, false);
  for (let index = 0; index < 50; index++) await hub.publish("a", { data: index });
  const back = connected(undefined, sessionOf(client));
  const joined = await back.join("a", { position });
  assert.deepEqual([joined.recovered, joined.replay], [true, 50]);
  assert.deepEqual(
    back.data,
    Array.from({ length: 50 }, (_, index) => index),
  );
  assert.equal(back.all("message").at(-1)?.position, joined.position);
});

test("rewind shows a newcomer the newest messages; without it none (hub-v1, From the client)", async () => {
  const { connected, hub } = testHub();
  for (let index = 0; index < 5; index++) await hub.publish("a", { data: index });
  const [curious, indifferent] = [connected(), connected()];
  const joined = await curious.join("a", { rewind: 3 });
  assert.deepEqual([joined.replay, joined.recovered, curious.data], [3, undefined, [2, 3, 4]]);
  assert.equal((await indifferent.join("a")).replay, 0);
});

test("contract 2: joining again from a position heals a gap: nothing live comes before the replay, nothing twice", async () => {
  const { connected, hub } = testHub();
  const client = connected();
  const { position } = await client.join("a");
  await hub.publish("a", { data: 1 });
  client.say({ type: "join", ref: 50, room: "a", position });
  void hub.publish("a", { data: 2 });
  await settle();
  await hub.publish("a", { data: 3 });
  const after = client.heard.slice(client.heard.findIndex((message) => message.type === "joined" && message.ref === 50));
  assert.deepEqual(
    after.flatMap((message) => (message.type === "message" ? [message.data] : [])),
    [1, 2, 3],
  );
});

test("contract 3: the same id is answered with the first position and delivered to nobody; other data is id-conflict", async () => {
  const { connected, clock } = testHub();
  const client = connected();
  await client.join("a");
  const first = await client.publish("a", { n: 1 }, { id: "i" });
  const again = await client.publish("a", { n: 1 }, { id: "i" });
  assert.deepEqual([again.position, again.duplicate], [first.position, true]);
  const conflict = await client.expect("error", { type: "publish", room: "a", data: { n: 2 }, id: "i" });
  assert.equal(conflict.code, "id-conflict");
  assert.equal(client.all("message").length, 1);
  assert.equal((await client.publish("b", { n: 2 }, { id: "i" })).duplicate, undefined);
  clock.advance(300_000);
  assert.equal((await client.publish("a", { n: 2 }, { id: "i" })).duplicate, undefined);
});

test("contract 3: an id belongs to the authenticated subject, else to the session", async () => {
  const { client } = testHub();
  const [one, two, three, four] = [client({ subject: "ada" }), client({ subject: "ada" }), client(), client()];
  for (const each of [one, two, three, four]) each.connect();
  assert.equal((await one.publish("a", 1, { id: "i" })).duplicate, undefined);
  assert.equal((await two.publish("a", 1, { id: "i" })).duplicate, true);
  assert.equal((await three.publish("a", 2, { id: "i" })).duplicate, undefined);
  assert.equal((await four.publish("a", 3, { id: "i" })).duplicate, undefined);
});

test("contract 3: after an unknown outcome nothing else of the session goes to that room before the id is settled", async () => {
  const broker = new BrokerDouble();
  broker.outcomes.push(() => Promise.resolve({ outcome: "unknown" }));
  const client = testHub({ broker }).connected();
  for (const [index, id] of ["one", "two", undefined].entries()) {
    client.say({ type: "publish", ref: 20 + index, room: "a", data: index, ...(id !== undefined && { id }) });
  }
  client.say({ type: "publish", ref: 30, room: "b", data: "elsewhere" });
  await settle();
  assert.deepEqual(
    client.all("error").map(({ ref, code }) => [ref, code]),
    [
      [20, "unknown-outcome"],
      [21, "unknown-outcome"],
      [22, "unknown-outcome"],
    ],
  );
  assert.match(client.all("error")[1]?.message ?? "", /"one"/);
  assert.equal(broker.publications.length, 2);
  await client.publish("a", 0, { id: "one" });
  await client.publish("a", 1, { id: "two" });
  assert.equal(broker.publications.length, 4);
});

test("contract 3: an id that is never settled holds its room up no longer than its window", async () => {
  const broker = new BrokerDouble();
  broker.outcomes.push(() => Promise.reject(new Error("gone")));
  const { connected, clock, events } = testHub({ broker });
  const client = connected();
  assert.equal((await client.expect("error", { type: "publish", room: "a", data: 1, id: "i" })).code, "unknown-outcome");
  assert.ok(events.some(({ type }) => type === "fault"));
  clock.advance(299_999);
  assert.equal((await client.ask({ type: "publish", room: "a", data: 2 })).type, "error");
  clock.advance(1);
  await client.publish("a", 2);
});

test("a join whose read fails is internal, is told of, and leaves no membership behind", async () => {
  const broker = new BrokerDouble();
  const { connected, events, hub } = testHub({ broker });
  const client = connected();
  await client.join("a");
  broker.onRead = () => Promise.reject(new Error("no answer"));
  const error = await client.expect("error", { type: "join", room: "a", rewind: 5 });
  assert.equal(error.code, "internal");
  assert.ok(!error.message.includes("no answer"));
  assert.ok(events.some((event) => event.type === "fault"));
  assert.equal((await client.expect("error", { type: "leave", room: "a" })).code, "not-joined");
  assert.deepEqual([broker.subscribers.length, await hub.members("a")], [0, []]);
});

test("a room that cannot be subscribed is internal, and can be tried again", async () => {
  const broker = new BrokerDouble();
  const client = testHub({ broker }).connected();
  broker.onSubscribe = () => Promise.reject(new Error("no answer"));
  assert.equal((await client.expect("error", { type: "join", room: "a" })).code, "internal");
  broker.onSubscribe = () => {};
  await client.join("a");
});

test("a connection that closes while its join reads is not made a member, and the room is let go of", async () => {
  const broker = new BrokerDouble();
  broker.fill(3);
  const { connected } = testHub({ broker });
  const client = connected();
  broker.onRead = () => client.connection.closed(1006, false);
  client.say({ type: "join", ref: 2, room: "a", rewind: 3 });
  await settle();
  assert.deepEqual([client.all("joined"), broker.subscribers.length], [[], 0]);
});

test("one replay stands in a slow reader's queue at a time; the next join waits for it", async () => {
  const { connected, hub } = testHub({ outboundBytes: 2_000 });
  for (let index = 0; index < 100; index++) for (const room of ["a", "b"]) await hub.publish(room, { data: "x".repeat(100) });
  const client = connected();
  client.roomBelow = 10;
  client.say({ type: "join", ref: 2, room: "a", rewind: 100 });
  client.say({ type: "join", ref: 3, room: "b", rewind: 100 });
  await settle();
  assert.deepEqual([client.all("joined").length, client.all("message").length], [1, 9]);
  for (let turn = 0; turn < 60; turn++) {
    client.drain(10);
    await settle();
  }
  assert.deepEqual([client.all("joined").length, client.all("message").length, client.closedWith], [2, 200, undefined]);
});

test("nothing live comes between a request to join again and its joined (hub-v1, From the client)", async () => {
  const broker = new BrokerDouble();
  broker.fill(5);
  const client = testHub({ broker }).connected();
  await client.join("a");
  broker.fill(6);
  broker.onRead = () => broker.tell(6);
  const before = client.heard.length;
  const joined = await client.join("a", { position: "e.5.t5" });
  assert.deepEqual([client.heard[before], joined.replay, client.data], [joined, 1, [6]]);
});

test("update shows other data to the others, in lists too, and none without data; a join that brings none keeps them (hub-v1, Sessions and presence)", async () => {
  const { connected, clock } = testHub();
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  await ada.join("a", { data: { mood: "calm" } });
  await bo.join("a", { presence: true });
  const since = clock.now();
  const ofAda = { session: sessionOf(ada).id, user: "Ada", since };
  assert.equal((await ada.expect("updated", { type: "update", room: "a", data: { mood: "glad" } })).room, "a");
  await ada.expect("updated", { type: "update", room: "a", data: { mood: "glad" } });
  await ada.join("a");
  assert.deepEqual(bo.all("presence"), [{ type: "presence", room: "a", changed: [{ ...ofAda, data: { mood: "glad" } }], memberCount: 2 }]);
  assert.deepEqual((await bo.expect("members", { type: "members", room: "a" })).members[0], { ...ofAda, data: { mood: "glad" } });
  await ada.expect("updated", { type: "update", room: "a" });
  assert.deepEqual(bo.all("presence")[1]?.changed, [ofAda]);
});

test("update needs membership and counts as a publish where the rules bound the rate (hub-v1, Sessions and presence)", async () => {
  const ada = testHub({ rules: { rate: { messages: 1, perMs: 100 } } }).connected("Ada");
  assert.equal((await ada.expect("error", { type: "update", room: "a", data: 1 })).code, "not-joined");
  await ada.join("a");
  await ada.expect("updated", { type: "update", room: "a", data: 1 });
  const refused = await ada.expect("error", { type: "update", room: "a", data: 2 });
  assert.deepEqual([refused.code, refused.retryAfterMs], ["rate-limited", 100]);
});
