import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import type { HubActivity } from "../src/activity.ts";
import { guardsInTurn, type HubGuard, verdictOf } from "../src/guard.ts";
import { TestClient, testHub } from "./support/test-hub.ts";

const refuse = { refuse: { code: "forbidden", message: "not today" } } as const;

test("a guard that throws or rejects refuses with internal, and the log has why, the client not", async () => {
  const faults: unknown[] = [];
  const log = (event: object): void => void faults.push(event);
  const boom = new Error("secret reason");
  for (const guard of [
    (): never => {
      throw boom;
    },
    (): Promise<never> => Promise.reject(boom),
  ]) {
    const verdict = await verdictOf({ log }, guard, () => ({}));
    assert.ok(verdict !== undefined && "refuse" in verdict);
    assert.equal(verdict.refuse.code, "internal");
    assert.doesNotMatch(verdict.refuse.message, /secret/);
  }
  assert.deepEqual(faults, [
    { type: "fault", error: boom },
    { type: "fault", error: boom },
  ]);
});

test("guards are asked in turn with what those before made of it; the first refusal ends it", async () => {
  const asked: unknown[] = [];
  const upper: HubGuard = { publish: ({ data }) => ({ change: { data: String(data).toUpperCase() } }) };
  const last: HubGuard = {
    publish: ({ data }) => void asked.push(data),
    connect: ({ user, info }) => void asked.push([user, info.subject]),
  };
  const names: HubGuard = { connect: () => ({ change: { user: "Ada", subject: "u1" } }) };
  const guard = guardsInTurn([upper, names, last]);
  const ask = { session: "s", user: undefined, subject: undefined, room: "a", data: "hi", id: undefined, ephemeral: false };
  assert.deepEqual(await guard.publish?.(ask), { change: { data: "HI" } });
  assert.deepEqual(await guard.connect?.({ user: "x", token: undefined, info: {}, session: undefined }), {
    change: { user: "Ada", subject: "u1" },
  });
  assert.deepEqual(asked, ["HI", ["Ada", "u1"]]);
  assert.deepEqual(await guardsInTurn([{ publish: () => refuse }, last]).publish?.(ask), refuse);
  assert.equal(asked.length, 2);
  assert.equal(await guardsInTurn([{}]).join?.({ ...ask }), undefined);
});

test("who may not connect is told why and closed with 4403; a guard that failed closes with 1011, an overloaded one with 1013", async () => {
  const refused = testHub({ guard: { connect: () => refuse } }).client();
  refused.say({ type: "connect", ref: 1, version: 1 });
  await settle();
  assert.deepEqual(refused.heard, [{ type: "error", ref: 1, code: "forbidden", message: "not today" }]);
  assert.deepEqual(refused.closedWith, { code: 4403, reason: "forbidden" });
  const broken = testHub({ guard: { connect: () => Promise.reject(new Error("x")) } }).client();
  broken.say({ type: "connect", ref: 1, version: 1 });
  const busy = testHub({ guard: { connect: () => ({ refuse: { code: "rate-limited", message: "m", retryAfterMs: 5 } }) } }).client();
  busy.say({ type: "connect", ref: 1, version: 1 });
  await settle();
  assert.deepEqual([broken.closedWith?.code, busy.closedWith?.code], [1011, 1013]);
});

test("what comes while it is decided waits its turn, in order, bounded; nothing of it is done when the answer is no", async () => {
  let decide: (verdict: undefined | typeof refuse) => void = () => {};
  const guard: HubGuard = {
    connect: () =>
      new Promise((resolve) => {
        decide = resolve;
      }),
  };
  const hub = testHub({ guard, pendingBytes: 100 });
  const client = hub.client();
  client.say({ type: "connect", ref: 1, version: 1 });
  client.say({ type: "join", ref: 2, room: "a" });
  client.say({ type: "publish", ref: 3, room: "a", data: "x" });
  client.say({ type: "publish", ref: 4, room: "a", data: "too much" });
  client.say({ type: "connect", ref: 5, version: 1 });
  await settle();
  assert.deepEqual(
    client.heard.map((message) => message.type === "error" && [message.ref, message.code]),
    [
      [4, "rate-limited"],
      [5, "already-connected"],
    ],
  );
  decide(undefined);
  await settle();
  assert.deepEqual(
    client.heard.slice(2).map(({ type }) => type),
    ["connected", "joined", "message", "published"],
  );
  const other = hub.client();
  other.say({ type: "connect", ref: 1, version: 1 });
  other.say({ type: "join", ref: 2, room: "a" });
  await settle();
  decide(refuse);
  await settle();
  assert.deepEqual([other.heard.length, other.closedWith?.code, (await hub.hub.presence("a")).memberCount], [1, 4403, 1]);
});

test("a decision that comes after the deadline for connect finds the connection closed (4502)", async () => {
  const { client, clock } = testHub({ guard: { connect: () => new Promise(() => {}) } });
  const late = client();
  late.say({ type: "connect", ref: 1, version: 1 });
  clock.advance(10_000);
  await settle();
  assert.equal(late.closedWith?.code, 4502);
});

test("a guard says who it is: the name that others see, and the subject that publish ids belong to", async () => {
  const guard: HubGuard = { connect: ({ token }) => ({ change: { user: "Ada", subject: token } }) };
  const { client } = testHub({ guard });
  const ada = client({ remoteAddress: "10.0.0.1" });
  ada.say({ type: "connect", ref: 1, version: 1, user: "Eve", token: "t1" });
  await settle();
  assert.equal(ada.all("connected")[0]?.user, "Ada");
  assert.deepEqual(ada.connection.info, { remoteAddress: "10.0.0.1", subject: "t1" });
});

test("N: join, publish, send and leave are each refused with the guard's code and words, and change what the guard changes", async () => {
  const guard: HubGuard = {
    join: ({ room, user }) => (room === "closed" ? refuse : { change: { data: { seen: user } } }),
    publish: ({ data }) => (data === "bad" ? refuse : { change: { data: [data] } }),
    send: ({ data }) => (data === "bad" ? refuse : { change: { data: [data] } }),
    leave: ({ room }) => (room === "sticky" ? refuse : undefined),
  };
  const { connected } = testHub({ guard });
  const ada = connected("Ada");
  assert.equal((await ada.expect("error", { type: "join", room: "closed" })).message, "not today");
  const joined = await ada.join("a", { presence: true });
  assert.deepEqual(joined.members?.[0]?.data, { seen: "Ada" });
  assert.equal((await ada.expect("error", { type: "publish", room: "a", data: "bad" })).code, "forbidden");
  await ada.publish("a", "good");
  assert.deepEqual(ada.data, [["good"]]);
  assert.equal((await ada.expect("error", { type: "send", user: "Ada", data: "bad" })).code, "forbidden");
  await ada.expect("sent", { type: "send", user: "Ada", data: 1 });
  assert.deepEqual(
    ada.all("direct").map(({ data }) => data),
    [[1]],
  );
  await ada.join("sticky");
  assert.equal((await ada.expect("error", { type: "leave", room: "sticky" })).code, "forbidden");
  await ada.expect("left", { type: "leave", room: "a" });
});

test("a join again of a room that is refused by now takes the session out of it", async () => {
  let open = true;
  const { connected, hub } = testHub({ guard: { join: () => (open ? undefined : refuse) } });
  const ada = connected("Ada");
  await ada.join("a");
  open = false;
  await ada.expect("error", { type: "join", room: "a" });
  assert.equal((await hub.presence("a")).memberCount, 0);
});

test("data that a guard made too large for the room are refused as such", async () => {
  const guard: HubGuard = { publish: () => ({ change: { data: "x".repeat(20) } }) };
  const { connected } = testHub({ guard, rules: { messageBytes: 10 } });
  assert.equal((await connected().expect("error", { type: "publish", room: "a", data: 1 })).code, "too-large");
});

test("publishes of one session keep their order, however long the guard takes over each (hub-v1, Publishing)", async () => {
  const waiting: (() => void)[] = [];
  const guard: HubGuard = { publish: () => new Promise<undefined>((resolve) => waiting.push(() => resolve(undefined))) };
  const { connected } = testHub({ guard });
  const ada = connected("Ada");
  await ada.join("a");
  for (const [ref, data] of [
    [11, "first"],
    [12, "second"],
  ])
    ada.say({ type: "publish", ref, room: "a", data });
  await settle();
  assert.equal(waiting.length, 1, "the second is not even asked about before the first is decided");
  waiting[0]?.();
  await settle();
  waiting[1]?.();
  await settle();
  assert.deepEqual(ada.data, ["first", "second"]);
});

test("what sessions do is observed after it was done, in its order, with who did it", async () => {
  const seen: HubActivity[] = [];
  const guard: HubGuard = { connect: () => ({ change: { subject: "u1" } }) };
  const { hub, client, clock } = testHub({ guard, observe: (activity) => void seen.push(activity) });
  const ada = new TestClient(hub, { remoteAddress: "10.0.0.1" });
  ada.say({ type: "connect", ref: 1, version: 1, user: "阿达" });
  await settle();
  await ada.join("房间", { data: 1 });
  const { position } = await ada.publish("房间", "你好", { id: "p1" });
  await ada.publish("房间", "你好", { id: "p1" });
  await ada.publish("房间", "…", { ephemeral: true });
  await hub.publish("房间", { data: 2 });
  ada.connection.closed(1000, true);
  void client;
  const actor = { session: "s1", user: "阿达", subject: "u1" };
  const time = clock.now();
  assert.equal(seen.length, 9, JSON.stringify(seen));
  assert.deepEqual(seen.slice(0, 5), [
    { type: "connect", ...actor, resumed: false, remoteAddress: "10.0.0.1", time },
    { type: "join", ...actor, room: "房间", data: 1, time },
    { type: "occupied", room: "房间", time },
    { type: "publish", ...actor, room: "房间", data: "你好", id: "p1", position, time },
    { type: "publish", ...actor, room: "房间", data: "…", time },
  ]);
  assert.deepEqual(seen[5]?.type === "publish" && [seen[5].session, seen[5].data], [undefined, 2]);
  assert.deepEqual(seen.slice(6), [
    { type: "disconnect", ...actor, code: 1000, reason: "", time },
    { type: "leave", ...actor, room: "房间", time },
    { type: "vacated", room: "房间", time },
  ]);
});

test("an observer that throws changes nothing, and the log has it", async () => {
  const { connected, events } = testHub({
    observe: () => {
      throw new Error("mine");
    },
  });
  await connected("Ada").join("a");
  assert.ok(events.some((event) => event.type === "fault"));
});
