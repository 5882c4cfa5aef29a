import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { createServer, type OpenlineServer } from "@openline/server";
import { FaultProxy } from "@openline/testkit";
import { SignJWT } from "jose";

const require = createRequire(import.meta.url);

interface Member {
  readonly id: string;
  readonly clientData?: unknown;
  readonly authData?: unknown;
}

interface RoomMessage {
  readonly data: unknown;
  readonly id: string;
  readonly timestamp: number;
  readonly clientId?: string;
  readonly member?: Member;
}

interface DroneRoom {
  on(event: "open", listener: (error?: Error) => void): void;
  on(event: "message" | "history_message", listener: (message: RoomMessage) => void): void;
  on(event: "members", listener: (members: Member[]) => void): void;
  on(event: "member_join" | "member_leave", listener: (member: Member) => void): void;
}

interface DroneClient {
  readonly clientId: string;
  on(event: "open" | "authenticate", listener: (error?: Error) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "close", listener: (event: { code: number }) => void): void;
  on(event: "disconnect" | "reconnect", listener: () => void): void;
  subscribe(room: string, options?: { historyCount?: number }): DroneRoom;
  unsubscribe(room: string): void;
  publish(publication: { room: string; message: unknown }): void;
  authenticate(token: string): void;
  close(): void;
}

const Scaledrone = require("scaledrone-node") as new (channel: string, options: { url: string; data?: unknown }) => DroneClient;
type Push = Record<string, (...words: unknown[]) => void>;
const ScaledronePush = require("scaledrone-node-push") as new (options: { channelId: string; secretKey: string; baseURL: string }) => Push;

const secret = "0123456789abcdef0123456789abcdef";
const [open, closed] = ["OPENoooooooooooo", "CLOSEDcccccccccc"];

/** What must be closed before its server is: left alone, these clients try to come back for minutes. */
const clients = new Set<DroneClient>();

async function start(t: TestContext, wanted = 0): Promise<{ server: OpenlineServer; url: string; http: string; port: number }> {
  const scaledrone = { [open]: { secret, requireAuth: false, history: true }, [closed]: { secret } };
  const server = createServer({ port: wanted, logLevel: "silent", scaledrone });
  const { port } = await server.listen();
  t.after(async () => {
    for (const client of clients) client.close();
    clients.clear();
    while (server.hub.connectionCount > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await server.close({ graceMs: 0 });
  });
  return { server, port, url: `ws://localhost:${port}/v3/websocket`, http: `http://localhost:${port}` };
}

/** A client whose handshake was answered. */
async function drone(url: string, { channel = open, data }: { channel?: string; data?: unknown } = {}): Promise<DroneClient> {
  const client = new Scaledrone(channel, { url, data });
  clients.add(client);
  await heard(client, "open");
  return client;
}

const heard = (source: { on(event: never, listener: (value?: unknown) => void): void }, event: string): Promise<unknown> =>
  new Promise((resolve) => source.on(event as never, resolve));

/** Collects messages of a room; `next` waits for one that was not read yet. */
class Ear<T> {
  readonly #values: T[] = [];
  #read = 0;
  #wake: () => void = () => undefined;

  readonly take = (value: T): void => {
    this.#values.push(value);
    this.#wake();
  };

  async next(): Promise<T> {
    while (this.#values.length === this.#read) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#values[this.#read++] as T;
  }
}

function messagesOf(room: DroneRoom): Ear<RoomMessage> {
  const ear = new Ear<RoomMessage>();
  room.on("message", ear.take);
  return ear;
}

test("scaledrone-node: subscribe before open, publish, receive with client id and whole seconds; U: 中文 and 👋🏽 come whole", async (t) => {
  const { url } = await start(t);
  const client = new Scaledrone(open, { url });
  clients.add(client);
  const room = client.subscribe("聊天");
  const messages = messagesOf(room);
  assert.equal(await heard(room, "open"), undefined);
  client.publish({ room: "聊天", message: { text: "你好 👋🏽 é" } });
  const { data, clientId, id, timestamp } = await messages.next();
  assert.deepEqual([data, clientId], [{ text: "你好 👋🏽 é" }, client.clientId]);
  assert.ok(id !== "" && Number.isInteger(timestamp));
});

test("scaledrone-node: an observable room's members, joins and leaves, and who wrote a message", async (t) => {
  const { url } = await start(t);
  const ada = await drone(url, { data: { name: "Ada" } });
  const room = ada.subscribe("observable-a");
  const [joins, leaves] = [new Ear<Member>(), new Ear<Member>()];
  room.on("member_join", joins.take);
  room.on("member_leave", leaves.take);
  assert.deepEqual(await heard(room, "members"), [{ id: ada.clientId, clientData: { name: "Ada" } }]);
  const messages = messagesOf(room);
  const bo = await drone(url);
  const boRoom = bo.subscribe("observable-a");
  await heard(boRoom, "members");
  assert.deepEqual(await joins.next(), { id: bo.clientId });
  bo.publish({ room: "observable-a", message: "hi" });
  assert.deepEqual((await messages.next()).member, { id: bo.clientId });
  bo.close();
  assert.deepEqual(await leaves.next(), { id: bo.clientId });
});

test("scaledrone-node: history comes from the oldest to the newest", async (t) => {
  const { server, url } = await start(t);
  for (const data of [1, 2, 3]) await server.hub.publish(`${open}:a`, { data });
  const room = (await drone(url)).subscribe("a", { historyCount: 2 });
  const history = new Ear<RoomMessage>();
  room.on("history_message", history.take);
  assert.deepEqual([(await history.next()).data, (await history.next()).data], [2, 3]);
});

/** For the room `main-room` of the channel that asks for tokens. */
async function tokenOf({ clientId: client }: { readonly clientId: string }): Promise<string> {
  const permissions = { "^main-room$": { publish: true, subscribe: true } };
  return await new SignJWT({ client, channel: closed, data: { uid: 7 }, permissions })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setExpirationTime("180s")
    .sign(new TextEncoder().encode(secret));
}

test("scaledrone-node: where tokens are asked for, a dropped line leaves it in no room (a defect of its own); one that is made anew is served", async (t) => {
  const { server, port } = await start(t);
  const proxy = await FaultProxy.start(port);
  t.after(() => proxy.stop());
  const url = `ws://localhost:${proxy.port}/v3/websocket`;
  const enter = async (): Promise<[DroneClient, Ear<RoomMessage>]> => {
    const client = await drone(url, { channel: closed });
    const room = client.subscribe("main-room");
    const opened = heard(room, "open");
    client.authenticate(await tokenOf(client));
    assert.equal(await opened, undefined);
    return [client, messagesOf(room)];
  };
  const [client] = await enter();
  const back = heard(client, "reconnect");
  proxy.cut();
  await back;
  while ((await server.hub.presence(`${closed}:main-room`)).memberCount > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const [, messages] = await enter();
  await server.hub.publish(`${closed}:main-room`, { data: "to the new one" });
  assert.equal((await messages.next()).data, "to the new one");
  assert.equal((await server.hub.presence(`${closed}:main-room`)).memberCount, 1);
});

test("scaledrone-node: a channel that asks for a token waits for it, then serves what it grants", async (t) => {
  const { url } = await start(t);
  const client = await drone(url, { channel: closed });
  const room = client.subscribe("main-room");
  const [opened, messages] = [heard(room, "open"), messagesOf(room)];
  client.authenticate(await tokenOf(client));
  assert.equal(await heard(client, "authenticate"), undefined);
  assert.equal(await opened, undefined);
  client.publish({ room: "main-room", message: "in" });
  assert.equal((await messages.next()).data, "in");
  const errors = new Ear<Error>();
  client.on("error", errors.take);
  client.publish({ room: "elsewhere", message: "out" });
  assert.match(String(await errors.next()), /Unauthorized/);
});

test("scaledrone-node: comes back after a dropped line, with the rooms it had, unsubscribed ones too (a defect of its own)", async (t) => {
  const { server, port } = await start(t);
  const proxy = await FaultProxy.start(port);
  t.after(() => proxy.stop());
  const client = await drone(`ws://localhost:${proxy.port}/v3/websocket`);
  const [kept, gone] = [client.subscribe("kept"), client.subscribe("gone")];
  await Promise.all([heard(kept, "open"), heard(gone, "open")]);
  client.unsubscribe("gone");
  const [disconnected, back] = [heard(client, "disconnect"), heard(client, "reconnect")];
  const messages = messagesOf(kept);
  proxy.cut();
  await disconnected;
  await back;
  while ((await server.hub.presence(`${open}:kept`)).memberCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await server.hub.publish(`${open}:kept`, { data: "after" });
  assert.equal((await messages.next()).data, "after");
});

test("scaledrone-node: a server that restarts gets its clients back", async (t) => {
  const { server, port, url } = await start(t);
  const client = await drone(url);
  const [lost, back] = [heard(client, "disconnect"), heard(client, "reconnect")];
  await server.close({ code: 1012, graceMs: 2_000 });
  await lost;
  await start(t, port);
  await back;
});

test("Q: scaledrone-node-push publishes to one room and to several, and reads who is there; curl's text arrives as text", async (t) => {
  const { url, http } = await start(t);
  const push = new ScaledronePush({ channelId: open, secretKey: secret, baseURL: http });
  const ask = async (name: string, ...words: unknown[]): Promise<unknown> =>
    await promisify((callback: (error: unknown, answer: unknown) => void) => push[name]?.(...words, callback))();
  const client = await drone(url);
  const [one, two] = [client.subscribe("one"), client.subscribe("two")];
  const ears = [messagesOf(one), messagesOf(two)];
  await Promise.all([heard(one, "open"), heard(two, "open")]);
  await ask("publish", "one", '{"n":1}');
  await ask("publish", ["one", "two"], "Hello 你好");
  assert.deepEqual(
    [(await ears[0]?.next())?.data, (await ears[0]?.next())?.data, (await ears[1]?.next())?.data],
    [{ n: 1 }, "Hello 你好", "Hello 你好"],
  );
  assert.deepEqual(await ask("channelStats"), { users_count: 1 });
  assert.deepEqual(await ask("members"), [client.clientId]);
  assert.deepEqual(new Set((await ask("rooms")) as string[]), new Set(["one", "two"]));
  assert.deepEqual(await ask("roomMembers", "one"), [client.clientId]);
  assert.deepEqual(await ask("allRoomMembers"), { one: [client.clientId], two: [client.clientId] });
  const headers = { "content-type": "application/json", authorization: `Basic ${Buffer.from(`${open}:${secret}`).toString("base64")}` };
  await fetch(`${http}/${open}/one/publish`, { method: "POST", headers, body: "Hello from Scaledrone" });
  const { data, clientId, member } = (await ears[0]?.next()) ?? {};
  assert.deepEqual([data, clientId, member], ["Hello from Scaledrone", undefined, undefined]);
});

test("scaledrone-node-push: a wrong secret is an error that can be read", async (t) => {
  const { http } = await start(t);
  const push = new ScaledronePush({ channelId: open, secretKey: "another-secret-of-32-characters!", baseURL: http });
  const error = await new Promise((resolve) => push["publish"]?.("a", "text", resolve));
  assert.match(String(error), /not the channel and its secret/);
});
