import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { MemoryBroker } from "../src/memory-broker.ts";
import { BrokerDouble } from "./support/broker-double.ts";
import { countingIds, sessionOf, testHub } from "./support/test-hub.ts";

test("a direct message reaches all connections of its user and nobody else, with its sender (hub-v1, Direct messages and requests)", async () => {
  const { connected, clock } = testHub();
  const [ada, bo, alsoBo, eve] = [connected("Ada"), connected("Bo"), connected("Bo"), connected("Eve")];
  const sent = await ada.expect("sent", { type: "send", user: "Bo", data: { text: "你好" } });
  assert.equal(sent.delivered, 2);
  const direct = { type: "direct", data: { text: "你好" }, user: "Ada", session: sessionOf(ada).id, time: clock.now() };
  assert.deepEqual([bo.all("direct"), alsoBo.all("direct")], [[direct], [direct]]);
  assert.deepEqual([ada.all("direct"), eve.all("direct")], [[], []]);
});

test("to a user who is offline nothing is delivered, also while the session waits for its client (hub-v1, Direct messages and requests)", async () => {
  const { hub, connected } = testHub();
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  const deliveredTo = async (user: string): Promise<number> => (await ada.expect("sent", { type: "send", user, data: 1 })).delivered;
  assert.equal(await deliveredTo("nobody"), 0);
  bo.connection.closed(1006, false);
  assert.equal(await deliveredTo("Bo"), 0);
  const back = connected("Bo", sessionOf(bo));
  assert.deepEqual([await deliveredTo("Bo"), back.data.length, back.all("direct").length], [1, 0, 1]);
  back.connection.closed(1000, true);
  ada.connection.closed(1000, true);
  assert.equal(hub.users.size, 0);
});

test("two nodes on one broker count and reach a user's sessions on both, and leave nothing behind", async () => {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  const [east, west] = [testHub({ clock, broker, ids: countingIds("E") }), testHub({ clock, broker, ids: countingIds("W") })];
  const [ada, bo, far] = [east.connected("Ada"), east.connected("Bo"), west.connected("Bo")];
  await settle();
  assert.equal((await ada.expect("sent", { type: "send", user: "Bo", data: 1 })).delivered, 2);
  assert.equal(await west.hub.send("Ada", "from the application"), 1, "a node without the user finds it elsewhere");
  assert.deepEqual(
    [bo, far, ada].map((client) => client.all("direct").map(({ data }) => data)),
    [[1], [1], ["from the application"]],
  );
  bo.connection.closed(1000, true);
  assert.equal((await ada.expect("sent", { type: "send", user: "Bo", data: 2 })).delivered, 1);
  for (const client of [ada, far]) client.connection.closed(1000, true);
  await settle();
  assert.deepEqual([east.hub.users.size, west.hub.users.size, await broker.rooms(), clock.pending], [0, 0, [], 0]);
});

test("the rules of $user: bound size and rate of direct messages", async () => {
  const ada = testHub({ roomRules: { "$user:*": { messageBytes: 5, rate: { messages: 1, perMs: 100 } } } }).connected("Ada");
  assert.equal((await ada.expect("error", { type: "send", user: "Bo", data: "12345" })).code, "too-large");
  await ada.expect("sent", { type: "send", user: "Bo", data: 1 });
  const refused = await ada.expect("error", { type: "send", user: "Bo", data: 1 });
  assert.deepEqual([refused.code, refused.retryAfterMs], ["rate-limited", 100]);
  await ada.expect("sent", { type: "send", user: "Eve", data: 1 });
});

test("what the application sends wrongly is thrown at it", async () => {
  const { hub } = testHub();
  await assert.rejects(hub.send(" x", 1), /user " x" begins or ends with white space/);
  await assert.rejects(hub.send("x", undefined), /no JSON value/);
});

test("a broker that refuses a subscription is a fault in the log, answered with internal, and asked again", async () => {
  const broker = new BrokerDouble();
  broker.onSubscribe = () => Promise.reject(new Error("away"));
  const { connected, events, hub } = testHub({ broker });
  const ada = connected("Ada");
  await settle();
  assert.equal((await ada.expect("error", { type: "send", user: "Bo", data: 1 })).code, "internal");
  assert.ok(events.some(({ type }) => type === "fault"));
  broker.onSubscribe = () => {};
  assert.equal(await hub.send("Bo", 1), 0);
});

test("who is connected here, and how many sessions a user has on all nodes", async () => {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  const [east, west] = [testHub({ clock, broker, ids: countingIds("E") }), testHub({ clock, broker, ids: countingIds("W") })];
  east.connected("Bo");
  east.connected("Ada");
  west.connected("Bo");
  await settle();
  assert.deepEqual(east.hub.usersHere(), [
    { user: "Ada", sessions: 1 },
    { user: "Bo", sessions: 1 },
  ]);
  assert.deepEqual([await west.hub.sessionsOf("Bo"), await west.hub.sessionsOf("Ada"), await west.hub.sessionsOf("nobody")], [2, 1, 0]);
  assert.equal(west.hub.users.size, 1, "what was asked leaves nothing behind");
});
