import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type Connection, Hub } from "@openline/hub";
import { WebSocketServer } from "@openline/ws";
import { ScaledroneChannel } from "../../src/scaledrone/channel.ts";
import { Drone } from "../../src/scaledrone/drone.ts";
import { RawDrone, secret, startScaledrone, tokenFor } from "./fixture.ts";

test("the handshake is answered with a client id of two parts, and whether to authenticate (facts/scaledrone §2)", async (t) => {
  const fixture = await startScaledrone(t);
  const [open, closed] = [await RawDrone.open(t, fixture), await RawDrone.open(t, fixture)];
  const reply = await open.ask({ type: "handshake", channel: "open", version: 2, client_data: null });
  assert.match(String(reply["client_id"]), /^[A-Za-z0-9]+:[A-Za-z0-9]+$/);
  assert.equal(reply["require_auth"], false);
  assert.equal((await closed.ask({ type: "handshake", channel: "closed" }))["require_auth"], true);
});

test("anything before the handshake is an error, a second handshake too; an unknown channel ends the connection", async (t) => {
  const fixture = await startScaledrone(t);
  const drone = await RawDrone.open(t, fixture);
  assert.deepEqual(await drone.ask({ type: "subscribe", room: "a" }), { callback: 0, error: "Handshake first" });
  await drone.ask({ type: "handshake", channel: "open" });
  assert.deepEqual(await drone.ask({ type: "handshake", channel: "open" }), { callback: 2, error: "The handshake is done already" });
  const stranger = await RawDrone.open(t, fixture);
  const closed = once(stranger.socket, "close");
  assert.deepEqual(await stranger.ask({ type: "handshake", channel: "nowhere" }), { callback: 0, error: "Channel not found" });
  assert.equal((await closed)[0], 1008);
});

test("frames sent before an answer came are done after it, in their order", async (t) => {
  const drone = await RawDrone.open(t, await startScaledrone(t));
  drone.say({ type: "handshake", channel: "open", callback: 2 });
  drone.say({ type: "subscribe", room: "a", callback: 0 });
  drone.say({ type: "publish", room: "a", message: "early" });
  const [greeting, subscribed, published] = [await drone.next(), await drone.next(), await drone.next()];
  assert.deepEqual([greeting["callback"], subscribed["callback"], published["message"]], [2, 0, "early"]);
});

test("a message goes to all in the room, its sender included, with id, seconds and client id, and no callback", async (t) => {
  const fixture = await startScaledrone(t);
  const [ada, bo] = [await RawDrone.enter(t, fixture, "open"), await RawDrone.enter(t, fixture, "open")];
  for (const drone of [ada, bo]) await drone.ask({ type: "subscribe", room: "a" });
  ada.say({ type: "publish", room: "a", message: { text: "嗨 👋" } });
  const [echo, heard] = [await ada.next(), await bo.next()];
  assert.deepEqual(echo, heard);
  assert.deepEqual([heard["type"], heard["room"], heard["message"], heard["client_id"]], ["publish", "a", { text: "嗨 👋" }, ada.clientId]);
  assert.ok(Math.abs(Number(heard["timestamp"]) - Date.now() / 1000) < 60 && heard["id"] !== "" && !("callback" in heard));
});

test("binary frames are read like text: the Swift client sends nothing else", async (t) => {
  const drone = await RawDrone.open(t, await startScaledrone(t));
  drone.socket.send(Buffer.from(JSON.stringify({ type: "handshake", channel: "open", callback: 1 })));
  assert.equal((await drone.next())["callback"], 1);
});

test("an observable room: answer, members, history from the oldest, then what is new (facts/scaledrone §0.7, §0.8)", async (t) => {
  const fixture = await startScaledrone(t);
  const ada = await RawDrone.enter(t, fixture, "open", { name: "Ada" });
  await ada.ask({ type: "subscribe", room: "observable-a" });
  await ada.next();
  for (const message of ["one", "two", "three"]) ada.say({ type: "publish", room: "observable-a", message });
  await ada.types(3);
  const bo = await RawDrone.enter(t, fixture, "open");
  await bo.ask({ type: "subscribe", room: "observable-a", history: 2, history_count: 2 });
  const members = await bo.next();
  const history = [await bo.next(), await bo.next()];
  assert.deepEqual(
    [members["type"], new Set((members["data"] as { id: string }[]).map(({ id }) => id))],
    ["observable_members", new Set([ada.clientId, bo.clientId])],
  );
  assert.deepEqual(
    (members["data"] as { id: string }[]).find(({ id }) => id === ada.clientId),
    { id: ada.clientId, clientData: { name: "Ada" } },
  );
  assert.deepEqual(
    history.map(({ type, index, message }) => [type, index, message]),
    [
      ["history_message", 0, "two"],
      ["history_message", 1, "three"],
    ],
  );
  ada.say({ type: "publish", room: "observable-a", message: "new" });
  assert.deepEqual((await bo.next())["message"], "new");
});

test("who comes and goes is told to the others: on unsubscribe, on close, and when the line breaks", async (t) => {
  const fixture = await startScaledrone(t);
  const ada = await RawDrone.enter(t, fixture, "open");
  await ada.ask({ type: "subscribe", room: "observable-a" });
  await ada.next();
  for (const leave of ["unsubscribe", "close", "terminate"] as const) {
    const bo = await RawDrone.enter(t, fixture, "open", 7);
    await bo.ask({ type: "subscribe", room: "observable-a" });
    if (leave === "unsubscribe") await bo.next().then(() => bo.ask({ type: leave, room: "observable-a" }));
    else bo.socket[leave]();
    const [came, went] = [await ada.next(), await ada.next()];
    const member = { id: bo.clientId, clientData: 7 };
    assert.deepEqual(
      [came, went].map(({ type, data }) => [type, data]),
      [
        ["observable_member_join", member],
        ["observable_member_leave", member],
      ],
    );
  }
});

test("a channel that asks for a token: nothing without one, then what it grants; what it denies is Unauthorized (facts/scaledrone §3)", async (t) => {
  const fixture = await startScaledrone(t);
  const drone = await RawDrone.enter(t, fixture, "closed");
  assert.equal((await drone.ask({ type: "subscribe", room: "main" }))["error"], "Unauthorized");
  assert.equal((await drone.ask({ type: "authenticate", token: "nonsense" }))["error"], "JWT does not have 3 parts");
  const token = await tokenFor(
    drone.clientId,
    { "^main$": { publish: false, subscribe: true, history: 1 }, other: { publish: true } },
    { data: { uid: 7 } },
  );
  assert.deepEqual(await drone.ask({ type: "authenticate", token }), { callback: 3 });
  await fixture.server.hub.publish("closed:main", { data: 1 });
  await fixture.server.hub.publish("closed:main", { data: 2 });
  await drone.ask({ type: "subscribe", room: "main", history_count: 10 });
  assert.equal((await drone.next())["message"], 2, "no more than the token grants");
  assert.equal((await drone.ask({ type: "subscribe", room: "other" }))["error"], "Unauthorized");
  drone.say({ type: "publish", room: "main", message: "no" });
  assert.deepEqual(await drone.next(), { error: "Unauthorized" });
  const { members } = await fixture.server.hub.presence("closed:main");
  assert.deepEqual(members[0]?.data, { authData: { uid: 7 } });
});

test("a token of another connection is refused: it names its client", async (t) => {
  const fixture = await startScaledrone(t);
  const [ada, bo] = [await RawDrone.enter(t, fixture, "closed"), await RawDrone.enter(t, fixture, "closed")];
  const token = await tokenFor(ada.clientId, { ".*": { subscribe: true } });
  assert.match(String((await bo.ask({ type: "authenticate", token }))["error"]), /another client/);
});

test("channels are apart: a room of the same name in another one is another room", async (t) => {
  const fixture = await startScaledrone(t);
  const drone = await RawDrone.enter(t, fixture, "open");
  await drone.ask({ type: "subscribe", room: "a" });
  await fixture.server.hub.publish("closed:a", { data: "not yours" });
  await fixture.server.hub.publish("open:a", { data: "yours" });
  assert.equal((await drone.next())["message"], "yours");
});

test("subscribing twice is answered twice and joins once; leaving where one is not is no error", async (t) => {
  const fixture = await startScaledrone(t);
  const drone = await RawDrone.enter(t, fixture, "open");
  await drone.ask({ type: "subscribe", room: "a" });
  assert.deepEqual(await drone.ask({ type: "subscribe", room: "a" }), { callback: 2 });
  drone.say({ type: "publish", room: "a", message: "once" });
  assert.equal((await drone.next())["message"], "once");
  assert.deepEqual(await drone.ask({ type: "unsubscribe", room: "a" }), { callback: 3 });
  assert.deepEqual(await drone.ask({ type: "unsubscribe", room: "a" }), { callback: 4 });
  assert.equal(drone.heard.length, 6);
});

test("a server that restarts drops the line without a word: the clients come back only then (facts/scaledrone §0.9)", async (t) => {
  const fixture = await startScaledrone(t);
  const drone = await RawDrone.enter(t, fixture, "open");
  const closed = once(drone.socket, "close");
  await fixture.server.close({ code: 1012, graceMs: 2_000 });
  assert.equal((await closed)[0], 1006);
  assert.equal(drone.heard.length, 1, "nothing but the answer to its handshake");
});

test("a client that had better not come back is told so: disconnected by the application", async (t) => {
  const fixture = await startScaledrone(t);
  const drone = await RawDrone.enter(t, fixture, "open");
  await drone.ask({ type: "subscribe", room: "a" });
  const [member] = (await fixture.server.hub.presence("open:a")).members;
  const closed = once(drone.socket, "close");
  await fixture.server.disconnect({ session: member?.session ?? "" }, "out with you");
  assert.equal((await closed)[0], 1008);
});

test("what cannot be passed on is answered with what is wrong, and the connection goes on", async (t) => {
  const drone = await RawDrone.enter(t, await startScaledrone(t), "open");
  drone.socket.send(`{"type":"publish","room":"a","message":${"[".repeat(30_000)}${"]".repeat(30_000)}}`);
  assert.match(String((await drone.next())["error"]), /message nests deeper than the limit/);
  assert.match(String((await drone.ask({ type: "subscribe", room: "a".repeat(300) }))["error"]), /too long/);
  assert.match(String((await drone.ask({ type: "subscribe", room: "$system" }))["error"] ?? "passed"), /passed/);
});

test("a hub that refuses the connection answers the handshake's callback, then ends the line", async (t) => {
  const clock = {
    now: Date.now,
    setTimeout: (callback: () => void, delayMs: number): unknown => setTimeout(callback, delayMs).unref(),
    clearTimeout: (timer: unknown): void => clearTimeout(timer as NodeJS.Timeout),
  };
  const hub = new Hub({
    clock,
    ids: { epoch: randomUUID, tag: randomUUID, sessionId: randomUUID, secret: randomUUID },
    guard: { connect: () => ({ refuse: { code: "forbidden", message: "not today" } }) },
  });
  t.after(() => hub.close());
  const channels = new Map([["open", new ScaledroneChannel("open", { secret, requireAuth: false })]]);
  const server = new WebSocketServer({ port: 0 });
  t.after(() => server.close());
  server.on("connection", (socket) => new Drone(socket, { hub, info: {}, channels, now: Date.now, log: { error: () => undefined } }));
  await once(server, "listening");
  const drone = await RawDrone.open(t, server.address() as AddressInfo);
  const closed = once(drone.socket, "close", { signal: AbortSignal.timeout(20_000) });
  assert.deepEqual(await drone.ask({ type: "handshake", channel: "open" }), { callback: 0, error: "Unauthorized" });
  assert.equal((await closed)[0], 1008);
});

test("a fault in the handling of one frame is written down and ends its connection, not the process", async (t) => {
  const faults: unknown[] = [];
  const connection = {
    id: "n1.1",
    receive: () => {
      throw new Error("in the hub");
    },
    closed: () => undefined,
    drained: () => undefined,
  } as unknown as Connection;
  const channels = new Map([["open", new ScaledroneChannel("open", { secret, requireAuth: false })]]);
  const server = new WebSocketServer({ port: 0 });
  t.after(() => server.close());
  const log = { error: ({ err }: { err: unknown }) => void faults.push(String(err)) };
  server.on("connection", (socket) => new Drone(socket, { hub: { open: () => connection }, info: {}, channels, now: Date.now, log }));
  await once(server, "listening");
  const drone = await RawDrone.open(t, server.address() as AddressInfo);
  const closed = once(drone.socket, "close", { signal: AbortSignal.timeout(20_000) });
  drone.say({ type: "handshake", channel: "open", callback: 0 });
  await closed;
  assert.deepEqual(faults, ["Error: in the hub"]);
});

test("whoever sends without reading the answers is read no further, so that memory stays bounded (R3)", async (t) => {
  const drone = await RawDrone.enter(t, await startScaledrone(t), "open");
  drone.socket.pause();
  // Its answer is longer than itself, and all answers more than loopback's buffers take.
  const frame = JSON.stringify({ type: "x".repeat(50) });
  const count = 200_000;
  for (let sent = 0; sent < count; sent++) drone.socket.send(frame);
  let [still, last] = [0, -1];
  while (still < 10) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    still = last === drone.socket.bufferedAmount ? still + 1 : 0;
    last = drone.socket.bufferedAmount;
  }
  assert.ok(last > 500_000, `the server read all but ${last} bytes`);
  drone.socket.resume();
  while (drone.heard.length <= count) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.match(String(drone.heard.at(-1)?.["error"]), /^Unknown type "x+$/);
});
