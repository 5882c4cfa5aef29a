import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import * as fc from "fast-check";
import { testHub } from "./support/test-hub.ts";

test("connected announces version, session, heartbeat, limits and time (hub-v1, From the server)", () => {
  const { clock, client } = testHub({ node: "east", heartbeat: { intervalMs: 1, timeoutMs: 2 }, limits: { roomsPerConnection: 3 } });
  const connected = client().connect({ user: "Ada" });
  assert.deepEqual(connected, {
    type: "connected",
    ref: 1,
    version: 1,
    session: { id: "s1", resume: "r2" },
    resumed: false,
    user: "Ada",
    heartbeat: { intervalMs: 1, timeoutMs: 2, hiddenIntervalMs: 3 },
    sessionTtlMs: 60_000,
    limits: {
      messageBytes: 65_536,
      nameBytes: 255,
      publishIdBytes: 64,
      memberDataBytes: 1024,
      roomsPerConnection: 3,
      idempotencyWindowMs: 300_000,
    },
    node: "east",
    time: clock.now(),
  });
});

test("a client's proposal is answered within the bounds, and the transport is told when it is not the hub's own interval (hub-v1, Heartbeat)", () => {
  const { client } = testHub();
  for (const [intervalMs, answered, told] of [
    [5_000, 5_000, [{ intervalMs: 5_000, timeoutMs: 10_000, hiddenIntervalMs: 15_000 }]],
    [25_000, 25_000, []],
  ] as const) {
    const one = client();
    assert.equal(one.connect({ heartbeat: { intervalMs } }).heartbeat.intervalMs, answered);
    assert.deepEqual(one.heartbeats, told);
  }
});

test("without connect within 10 s the connection is closed with 4502 connect-timeout (hub-v1, Errors)", () => {
  const { clock, client } = testHub();
  const silent = client();
  clock.advance(9_999);
  assert.equal(silent.closedWith, undefined);
  clock.advance(1);
  assert.deepEqual(silent.closedWith, { code: 4502, reason: "connect-timeout" });
  assert.equal(silent.all("error")[0]?.code, "connect-timeout");
  assert.equal(clock.pending, 0);
});

test("a connection that connects in time, or goes away before, leaves no timer", () => {
  const { clock, client } = testHub();
  client().connect();
  client().connection.closed(1006, false);
  assert.equal(clock.pending, 0);
});

const beforeConnect = ["join", "leave", "publish", "members", "ping", "pong"];

test("anything before connect closes with 4400 not-connected and its ref is answered (hub-v1, From the client)", () => {
  for (const type of beforeConnect) {
    const { client } = testHub();
    const early = client();
    early.say({ type, ref: 7, room: "a", data: 1 });
    assert.deepEqual(early.closedWith, { code: 4400, reason: "not-connected" }, type);
    assert.deepEqual([early.all("error")[0]?.code, early.all("error")[0]?.ref], ["not-connected", 7]);
  }
});

test("a faulty connect is answered with its fault and may be sent again (hub-v1, From the client)", () => {
  const { client } = testHub();
  const clumsy = client();
  clumsy.say({ type: "connect", ref: 1, version: 1, user: "" });
  clumsy.connection.receive("{");
  assert.deepEqual(
    clumsy.all("error").map(({ code }) => code),
    ["bad-name", "bad-json"],
  );
  clumsy.connect();
});

test("a second connect is already-connected and the first goes on (hub-v1, From the client)", () => {
  const { client } = testHub();
  const eager = client();
  eager.connect();
  eager.say({ type: "connect", ref: 9, version: 1 });
  assert.equal(eager.all("error")[0]?.code, "already-connected");
  eager.say({ type: "ping", ref: 10 });
  assert.deepEqual(eager.heard.at(-1), { type: "pong", ref: 10 });
});

test("another version closes with 4401 and names both (hub-v1, Errors)", () => {
  const { hub, client } = testHub();
  const future = client();
  future.say({ type: "connect", ref: 1, version: 2 });
  assert.deepEqual(future.closedWith, { code: 4401, reason: "unsupported-version" });
  assert.match(future.all("error")[0]?.message ?? "", /version 2 .* 1 is/);
  assert.equal(hub.sessionCount, 0);
});

const nuisances: [string, string, number?][] = [
  ["not json", "bad-json"],
  ["[1]", "bad-message"],
  ['{"type":"dance","ref":3}', "unknown-type", 3],
  ['{"type":"join","ref":4}', "bad-message", 4],
  ['{"type":"join","ref":5,"room":"a\\u0000"}', "bad-name", 5],
];

test("a bad message is answered with its code and ref, and the connection goes on (hub-v1, Errors)", () => {
  const { client } = testHub();
  const careless = client();
  careless.connect();
  for (const [text, code, ref] of nuisances) {
    careless.connection.receive(text);
    const error = careless.all("error").at(-1);
    assert.deepEqual([error?.code, error?.ref], [code, ref], text);
  }
  careless.connection.receiveBinary();
  assert.equal(careless.all("error").at(-1)?.code, "bad-message");
  assert.equal(careless.closedWith, undefined);
});

test("a message of more than messageBytes closes with 1009, counted in bytes (hub-v1, Size)", () => {
  const { client } = testHub();
  const large = client();
  large.connect();
  large.connection.receive(`{"type":"ping","x":"${"é".repeat(32_800)}"}`);
  assert.equal(large.closedWith?.code, 1009);
});

test("a ping is answered with its ref, a pong with nothing (hub-v1, Heartbeat)", () => {
  const { connected } = testHub();
  const client = connected();
  client.say({ type: "ping" });
  client.say({ type: "pong", ref: 1 });
  assert.deepEqual(client.heard.slice(1), [{ type: "pong" }]);
});

test("a reader that stalls is closed with 4503 when its cap is reached; the others get everything (contract 8)", async () => {
  const { hub, connected } = testHub({ outboundBytes: 10_000 });
  const [slow, quick] = [connected(), connected()];
  await slow.join("a");
  await quick.join("a");
  slow.roomBelow = 1;
  for (let index = 0; index < 20; index++) {
    await hub.publish("a", { data: "x".repeat(1000) });
    assert.ok(hub.queuedBytes <= 10_000, `${hub.queuedBytes} bytes are queued`);
  }
  assert.deepEqual(slow.closedWith, { code: 4503, reason: "too-slow" });
  assert.equal(quick.all("message").length, 20);
  assert.equal(hub.queuedBytes, 0);
});

test("what waited goes out in order when the transport has room again (contract 8)", async () => {
  const { hub, connected } = testHub();
  const client = connected();
  await client.join("a");
  client.roomBelow = 1;
  for (let index = 0; index < 5; index++) await hub.publish("a", { data: index });
  assert.deepEqual(client.data, [0]);
  client.drain(2);
  assert.deepEqual(client.data, [0, 1, 2]);
  client.drain();
  assert.deepEqual(client.data, [0, 1, 2, 3, 4]);
});

test("a transport that throws is closed with 1011 and the fan-out goes on", async () => {
  const { hub, events, connected } = testHub();
  const [broken, sound] = [connected(), connected()];
  await broken.join("a");
  await sound.join("a");
  broken.send = () => {
    throw new Error("the socket is gone");
  };
  await hub.publish("a", { data: 1 });
  assert.equal(broken.closedWith?.code, 1011);
  assert.deepEqual(sound.data, [1]);
  assert.ok(events.some(({ type }) => type === "fault"));
});

test("requests that wait for the store are bounded: rate-limited with retryAfterMs (hub-v1, Types)", async () => {
  const { connected } = testHub({ pendingBytes: 200 });
  const client = connected();
  for (let ref = 1; ref <= 5; ref++) client.say({ type: "publish", ref, room: "a", data: "x".repeat(40) });
  await settle();
  assert.deepEqual(
    client.all("error").map(({ code, ref, retryAfterMs }) => [code, ref, retryAfterMs]),
    [
      ["rate-limited", 3, 1000],
      ["rate-limited", 4, 1000],
      ["rate-limited", 5, 1000],
    ],
  );
  assert.equal((await client.publish("a", 1)).type, "published");
});

test("a hub whose log throws goes on", () => {
  const { client } = testHub({
    log: () => {
      throw new Error("disk full");
    },
  });
  assert.equal(client().connect().type, "connected");
});

test("after the end nothing is received, delivered or closed again", async () => {
  const { connected, clock, hub } = testHub();
  const client = connected();
  await client.join("a");
  client.connection.closed(1000, true);
  const heard = client.heard.length;
  client.say({ type: "ping" });
  client.connection.receiveBinary();
  client.connection.drained();
  client.connection.closed(1006, false);
  client.connection.close(1001, "again");
  await hub.publish("a", { data: 1 });
  assert.equal(client.heard.length, heard);
  assert.equal(client.closedWith, undefined);
  clock.advance(3_700_000);
  assert.equal(clock.pending, 0);
});

test("nothing that a client sends throws out of receive or ends the hub", async () => {
  const names = ["a", "b", "$x", "", "\ud800", "__proto__"];
  const message = fc.record(
    {
      type: fc.constantFrom("connect", "join", "leave", "publish", "members", "ping", "pong", "constructor", 7),
      ref: fc.oneof(fc.nat(), fc.jsonValue()),
      room: fc.oneof(fc.constantFrom(...names), fc.jsonValue()),
      version: fc.constantFrom(1, 1, 1, 2, null),
      position: fc.oneof(fc.constantFrom("e1.1.t1", "e1.0.0", "..", "x"), fc.jsonValue()),
      rewind: fc.oneof(fc.nat(1000), fc.jsonValue()),
      presence: fc.oneof(fc.boolean(), fc.jsonValue()),
      data: fc.jsonValue(),
      id: fc.oneof(fc.constantFrom("i", "j"), fc.jsonValue()),
      ephemeral: fc.oneof(fc.boolean(), fc.jsonValue()),
      session: fc.oneof(fc.record({ id: fc.constant("s1"), resume: fc.constant("r2") }), fc.jsonValue()),
    },
    { requiredKeys: ["type"] },
  );
  const texts = fc.array(fc.oneof({ weight: 6, arbitrary: message.map((value) => JSON.stringify(value)) }, fc.string({ unit: "binary" })));
  await fc.assert(
    fc.asyncProperty(texts, async (sent) => {
      const { hub, clock, events, client } = testHub();
      const fuzzer = client();
      for (const text of sent) fuzzer.connection.receive(text);
      await settle();
      assert.deepEqual(
        events.filter(({ type }) => type === "fault"),
        [],
      );
      hub.close();
      assert.equal(clock.pending, 0);
    }),
    { numRuns: 200 },
  );
});
