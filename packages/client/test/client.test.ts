import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { defaultLimits, utf8Length } from "@openline/wire";
import { HubClient } from "../src/client.ts";
import type { ClientError } from "../src/errors.ts";
import type { Platform } from "../src/platform.ts";
import type { Message, PublishOptions } from "../src/room.ts";
import { FakePlatform, type FakeSocket, stored } from "./fake-platform.ts";

interface Stage {
  readonly platform: FakePlatform;
  readonly client: HubClient;
}

function up(options: ConstructorParameters<typeof HubClient>[1] = {}): Stage {
  const platform = new FakePlatform();
  const client = platform.client(options);
  platform.establish();
  return { platform, client };
}

function answerJoin(socket: FakeSocket, fields: { position?: string; replay?: number; recovered?: boolean } = {}): void {
  socket.receive({ type: "joined", ref: socket.last("join").ref, room: "lobby", position: "p0", replay: 0, memberCount: 1, ...fields });
}

test("the constructor connects, to the hub's path and with the subprotocol", () => {
  const { platform, client } = up();
  assert.deepEqual([client.url, platform.socket.url, platform.socket.protocols], ["ws://hub.test/hub", "ws://hub.test/hub", "openline.v1"]);
  assert.deepEqual([client.state, client.session], ["connected", "s1"]);
});

test("R5: a client that had a session says so in the address, so that it goes before newcomers", () => {
  const addresses: [string, string][] = [
    ["ws://hub.test/", "ws://hub.test/hub?resume"],
    ["ws://hub.test/hub?a=1", "ws://hub.test/hub?a=1&resume"],
  ];
  for (const [url, wanted] of addresses) {
    const platform = new FakePlatform();
    assert.equal(new HubClient(url, {}, platform).state, "connecting");
    assert.doesNotMatch(platform.socket.url, /resume/);
    platform.establish();
    assert.equal(platform.reconnect().url, wanted);
  }
});

test("with autoConnect false nothing happens before connect", () => {
  const platform = new FakePlatform();
  const client = platform.client({ autoConnect: false, subprotocol: false });
  assert.deepEqual([client.state, platform.sockets.length, client.session], ["idle", 0, undefined]);
  client.connect();
  assert.deepEqual([client.state, platform.socket.protocols], ["connecting", undefined]);
});

test("without a WebSocket the constructor throws no-websocket, and with autoConnect false only connect does", () => {
  const bare: Platform = Object.assign(new FakePlatform(), { webSocket: () => undefined });
  assert.throws(() => new HubClient("ws://hub.test/", {}, bare), { code: "no-websocket" });
  const client = new HubClient("ws://hub.test/", { autoConnect: false }, bare);
  assert.throws(() => client.connect(), { code: "no-websocket" });
  assert.equal(client.state, "closed");
});

test("the user is the option's until the server tells its own", () => {
  const platform = new FakePlatform();
  const client = platform.client({ user: "Ada" });
  assert.equal(client.user, "Ada");
  platform.establish({ user: "ada@house" });
  assert.equal(client.user, "ada@house");
});

test("a room asked for before the connection is joined when it stands, and joined again with its position after a loss", () => {
  const platform = new FakePlatform();
  const client = platform.client();
  const room = client.join("lobby", { rewind: 2 });
  assert.equal(room.state, "away");
  answerJoin(platform.establish());
  platform.socket.receive(stored("p1", null));
  const again = platform.reconnect();
  assert.deepEqual(again.last("join"), { type: "join", ref: again.last("join").ref, room: "lobby", position: "p1", rewind: 2 });
});

test("the same room joined twice is one room and one join", () => {
  const { platform, client } = up({ rewind: 3 });
  assert.equal(client.join("lobby"), client.join("lobby", { rewind: 9 }));
  assert.deepEqual([platform.socket.count("join"), platform.socket.last("join").rewind], [1, 3]);
});

test("a room that was left can be joined anew, and the old stay's late messages do not reach the new one", async () => {
  const { platform, client } = up();
  const old = client.join("lobby");
  answerJoin(platform.socket);
  void old.leave();
  const room = client.join("lobby");
  const got: unknown[] = [];
  room.on("message", ({ data }) => got.push(data));
  platform.socket.receive(stored("p1", null));
  platform.socket.receive({ type: "left", ref: platform.socket.last("leave").ref, room: "lobby" });
  answerJoin(platform.socket, { position: "p1" });
  platform.socket.receive(stored("p2", "p1"));
  assert.notEqual(room, old);
  assert.deepEqual(got, ["p2"]);
});

const badJoins: readonly [name: string, options: { rewind?: number; data?: unknown }, code: string][] = [
  ["", {}, "bad-name"],
  [" lobby", {}, "bad-name"],
  ["lob\u0000by", {}, "bad-name"],
  ["lobby", { rewind: 1_001 }, "bad-option"],
  ["lobby", { data: 1n }, "bad-data"],
];

for (const [name, options, code] of badJoins) {
  test(`joining ${JSON.stringify(name)} with ${JSON.stringify(Object.keys(options))} is refused with ${code} and sends nothing`, () => {
    const { platform, client } = up();
    assert.throws(() => client.join(name, options), { code });
    assert.equal(platform.socket.count("join"), 0);
  });
}

test("a join that nobody listens to is not refused silently: without any error listener it is thrown asynchronously", () => {
  const { platform, client } = up();
  client.join("$secret");
  platform.socket.receive({ type: "error", ref: platform.socket.last("join").ref, code: "forbidden", message: "no" });
  assert.equal((platform.reported[0] as ClientError).code, "forbidden");
  const codes: string[] = [];
  client.on("error", (error) => codes.push(error.code));
  client.join("$secret");
  platform.socket.receive({ type: "error", ref: platform.socket.last("join").ref, code: "forbidden", message: "no" });
  assert.deepEqual([codes, platform.reported.length], [["forbidden"], 1]);
});

test("a listener that throws breaks nothing; without an error listener its own error is thrown asynchronously", () => {
  const { platform, client } = up();
  const fault = new Error("mine");
  const room = client.join("lobby");
  const got: unknown[] = [];
  room.on("message", () => {
    throw fault;
  });
  room.on("message", ({ data }) => got.push(data));
  answerJoin(platform.socket);
  platform.socket.receive(stored("p1", null));
  platform.socket.receive(stored("p2", "p1"));
  assert.deepEqual([got, platform.reported, client.state], [["p1", "p2"], [fault, fault], "connected"]);
});

test("a publish has an id, and resolves with the position", async () => {
  const { platform, client } = up();
  const published = client.publish("lobby", { text: "你好 👋" });
  await settle();
  assert.deepEqual(platform.socket.last("publish"), { type: "publish", ref: 1, room: "lobby", data: { text: "你好 👋" }, id: "c1-0" });
  platform.socket.receive({ type: "published", ref: 1, room: "lobby", position: "p1" });
  assert.deepEqual(await published, { position: "p1" });
});

test("what is sent is what the data was when it was published, even when it looks like the format", async () => {
  const { platform, client } = up();
  const data = { text: 'null}{"data":null', type: "leave", ref: 0 };
  void client.publish("lobby", data, { id: "null" });
  data.text = "changed";
  await settle();
  assert.deepEqual(platform.socket.last("publish").data, { text: 'null}{"data":null', type: "leave", ref: 0 });
  assert.equal(platform.socket.last("publish").id, "null");
});

test("after a reconnect an unanswered publish goes again with the same id before anything later, and a duplicate is told", async () => {
  const { platform, client } = up();
  const first = client.publish("lobby", 1);
  await settle();
  platform.socket.closed(1006);
  void client.publish("lobby", 2);
  await settle();
  const again = platform.reconnect();
  assert.deepEqual(
    again.sent
      .filter(({ type }) => type === "publish")
      .map((message) => ("data" in message && "id" in message ? [message.data, message.id] : [])),
    [
      [1, "c1-0"],
      [2, "c1-1"],
    ],
  );
  again.receive({ type: "published", ref: 1, room: "lobby", position: "p1", duplicate: true });
  assert.deepEqual(await first, { position: "p1", duplicate: true });
  assert.equal(client.unacknowledged, 1);
});

const badPublishes: readonly [name: string, room: string, data: unknown, options: PublishOptions, code: string][] = [
  ["a bad room name", "", 1, {}, "bad-name"],
  ["no JSON value", "lobby", undefined, {}, "bad-data"],
  ["an id with a space", "lobby", 1, { id: "a b" }, "bad-publish-id"],
  ["an id of 65 bytes", "lobby", 1, { id: "x".repeat(65) }, "bad-publish-id"],
  ["an empty id", "lobby", 1, { id: "" }, "bad-publish-id"],
  ["more than the server takes", "lobby", "x".repeat(defaultLimits.messageBytes), {}, "too-large"],
  ["an ephemeral message that is no JSON value", "lobby", () => 1, { ephemeral: true }, "bad-data"],
];

for (const [name, room, data, options, code] of badPublishes) {
  test(`publishing ${name} rejects with ${code} and sends nothing`, async () => {
    const { platform, client } = up();
    await assert.rejects(client.publish(room, data, options), { code });
    assert.equal(platform.socket.count("publish"), 0);
  });
}

test("a message of exactly the server's limit is sent", async () => {
  const { platform, client } = up();
  const overhead = utf8Length('{"type":"publish","ref":1,"room":"lobby","id":"c1-0","data":""}');
  void client.publish("lobby", "x".repeat(defaultLimits.messageBytes - overhead));
  await settle();
  assert.equal(utf8Length(platform.socket.texts.at(-1) ?? ""), defaultLimits.messageBytes);
});

test("a server's refusal rejects the publish with its code and the time to wait", async () => {
  const { platform, client } = up();
  const refused = client.publish("lobby", 1);
  await settle();
  platform.socket.receive({ type: "error", ref: 1, code: "rate-limited", message: "slow down", retryAfterMs: 900 });
  await assert.rejects(refused, { code: "rate-limited", retryAfterMs: 900 });
});

test("an ephemeral message is dropped silently when there is no connection, when it breaks, and when the network is behind", async () => {
  const { platform, client } = up({ outboundLimit: { bytes: 10 } });
  const answered = client.publish("lobby", 1, { ephemeral: true });
  await settle();
  assert.equal(platform.socket.last("publish").id, undefined);
  platform.socket.receive({ type: "published", ref: platform.socket.last("publish").ref, room: "lobby" });
  assert.deepEqual(await answered, {});
  platform.socket.bufferedAmount = 11;
  assert.deepEqual(await client.publish("lobby", 1, { ephemeral: true }), { dropped: true });
  platform.socket.bufferedAmount = 0;
  const broken = client.publish("lobby", 1, { ephemeral: true });
  await settle();
  platform.socket.closed(1006);
  assert.deepEqual(await broken, { dropped: true });
  assert.deepEqual(await client.publish("lobby", 1, { ephemeral: true }), { dropped: true });
  assert.equal(platform.socket.count("publish"), 2);
});

test("after close what waits rejects, a further publish rejects with closed, and connect joins the rooms again", async () => {
  const { platform, client } = up();
  client.join("lobby");
  answerJoin(platform.socket, { position: "p4" });
  const sent = client.publish("lobby", 1);
  await settle();
  const members = client.join("lobby").requestMembers();
  client.close();
  await assert.rejects(sent, { code: "unknown" });
  await assert.rejects(members, { code: "disconnected" });
  await assert.rejects(client.publish("lobby", 2), { code: "closed" });
  client.connect();
  assert.equal(platform.establish({ session: { id: "s2", resume: "x" } }).last("join").position, "p4");
  assert.equal(platform.clock.pending, 1);
});

test("every change of the state is told once, and the function that on returns ends that", () => {
  const { platform, client } = up();
  const states: string[] = [];
  const end = client.on("state", (state) => states.push(state));
  platform.reconnect();
  client.interrupt({ forMs: 10 });
  end();
  client.close();
  assert.deepEqual(states, ["waiting", "connecting", "connected", "waiting"]);
});

test("an error that belongs to nothing is told; one that only announces a close is left to that close", () => {
  const { platform, client } = up();
  const codes: string[] = [];
  client.on("error", ({ code }) => codes.push(code));
  platform.socket.receive({ type: "error", code: "internal", message: "oops" });
  platform.socket.receive({ type: "error", code: "too-slow", message: "4503 follows" });
  assert.deepEqual(codes, ["internal"]);
});

test("answers to nothing asked, and messages of rooms not joined, are passed over", () => {
  const { platform, client } = up();
  const { socket } = platform;
  socket.receive({ type: "published", ref: 99, room: "lobby" });
  socket.receive({ type: "error", ref: 99, code: "internal", message: "late" });
  socket.receive({ type: "left", room: "nowhere" });
  socket.receive(stored("p1", null, { room: "nowhere" }));
  socket.receive({ type: "pong" });
  assert.deepEqual([client.state, platform.reported], ["connected", []]);
});

test("a client that joins and publishes inside its own listeners keeps its order", async () => {
  const { platform, client } = up();
  const room = client.join<{ n: number }>("lobby");
  const got: Message<{ n: number }>[] = [];
  room.on("message", (message) => {
    got.push(message);
    void client.publish("lobby", { n: message.data.n + 1 });
    client.join("other");
  });
  answerJoin(platform.socket);
  platform.socket.receive(stored("p1", null, { data: { n: 1 } }));
  await settle();
  assert.deepEqual([got[0]?.data.n, platform.socket.last("publish").data, platform.socket.last("join").room], [1, { n: 2 }, "other"]);
});

test("a room that the server chooses is told of before anything of it, once, and is joined again like any other (wire, Rooms that the server chooses)", () => {
  const { platform, client } = up({ rewind: 7 });
  const news: unknown[] = [];
  client.on("room", (room) => {
    news.push(["room", room.name]);
    room.on("joined", ({ replay }) => news.push(["joined", replay]));
    room.on("members", (members) => news.push(["members", members.length]));
    room.on("message", ({ data }) => news.push(["message", data]));
  });
  const member = { session: "s1", since: 1 };
  platform.socket.receive({ type: "joined", room: "game:7", position: "p1", replay: 1, members: [member], memberCount: 1 });
  platform.socket.receive(stored("p1", null, { room: "game:7" }));
  assert.deepEqual(news, [
    ["room", "game:7"],
    ["joined", 1],
    ["members", 1],
    ["message", "p1"],
  ]);
  const again = platform.reconnect();
  const join = again.last("join");
  assert.deepEqual(join, { type: "join", ref: join.ref, room: "game:7", position: "p1", rewind: 7, presence: true });
  again.receive({ type: "joined", room: "game:7", position: "p1", replay: 0, memberCount: 1 });
  assert.equal(client.join("game:7").state, "joining");
  assert.equal(news.length, 4);
});

test("a listener may leave the room that the server chose at once", () => {
  const { platform, client } = up();
  client.on("room", (room) => void room.leave());
  platform.socket.receive({ type: "joined", room: "game:7", position: "p1", replay: 0, memberCount: 1 });
  assert.equal(platform.socket.last("leave").room, "game:7");
});

test("a room that was left while away is left at the server after the return, unless the session is gone or the room is joined anew", () => {
  for (const [resumed, anew, count] of [
    [true, false, 1],
    [false, false, 0],
    [true, true, 0],
  ] as const) {
    const { platform, client } = up();
    const room = client.join("lobby");
    answerJoin(platform.socket);
    platform.socket.closed(1006);
    void room.leave();
    if (anew) client.join("lobby");
    platform.reconnect({ resumed });
    assert.deepEqual([platform.socket.count("leave"), platform.socket.count("join")], [count, anew ? 1 : 0]);
  }
});

test("a leave that crosses the server's own leave and join ends the stay that the server began, as it does there", async () => {
  const { platform, client } = up();
  const room = client.join("lobby");
  answerJoin(platform.socket);
  const left = room.leave();
  const { ref } = platform.socket.last("leave");
  const reasons: string[] = [];
  client.on("room", (anew) => anew.on("left", ({ code }) => reasons.push(code)));
  platform.socket.receive({ type: "left", room: "lobby", code: "removed", message: "" });
  platform.socket.receive({ type: "joined", room: "lobby", position: "p1", replay: 0, memberCount: 1 });
  platform.socket.receive({ type: "left", ref, room: "lobby" });
  await left;
  assert.deepEqual(reasons, ["left"]);
  assert.notEqual(client.join("lobby").state, "joined");
});

test("M: after maxMissedHeartbeats pings in a row without an answer the event offline comes, and the client goes on trying", () => {
  const { platform, client } = up({ maxMissedHeartbeats: 3 });
  const log: unknown[] = [];
  client.on("offline", (cause) => log.push(cause, client.state, platform.clock.now() - from));
  const from = platform.clock.now();
  platform.clock.advance(25_000 + 3 * 10_000);
  assert.deepEqual(log, ["heartbeat-timeout", "waiting", 55_000]);
  assert.equal(platform.socket.count("ping"), 3);
  platform.clock.advance(500);
  assert.equal(platform.sockets.length, 2);
});

test("offline is told when the platform says so, too, but not for any other end", () => {
  const { platform, client } = up();
  const log: string[] = [];
  client.on("offline", (cause) => log.push(cause));
  platform.reconnect();
  assert.deepEqual(log, []);
  platform.network?.offline();
  assert.deepEqual(log, ["offline"]);
});

test("maxMissedHeartbeats is 1 to 100", () => {
  for (const maxMissedHeartbeats of [0, 101, Number.NaN])
    assert.throws(() => new FakePlatform().client({ maxMissedHeartbeats }), {
      code: "bad-option",
      message: /maxMissedHeartbeats is .* from 1 to 100/,
    });
});
