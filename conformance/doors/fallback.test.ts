import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, type ClientOptions } from "@openline/client";
import { type FallbackOptions, type FallbackTransport, withFallback } from "@openline/client/fallback";
import { createServer, type OpenlineServer } from "@openline/server";
import { WebSocket } from "@openline/ws";
import { type BlockingProxy, startBlockingProxy } from "./blocking-proxy.ts";

let server: OpenlineServer;
let proxy: BlockingProxy;
before(async () => {
  server = createServer({ port: 0, host: "127.0.0.1", logLevel: "silent" });
  const { port } = await server.listen();
  proxy = await startBlockingProxy(port);
});
after(async () => {
  await proxy?.stop();
  await server?.close({ graceMs: 1_000 });
});

/** A client through the proxy, and the transports that its connections got. */
function through(options: FallbackOptions = {}, more: ClientOptions = {}): { client: Client; transports: FallbackTransport[] } {
  const transports: FallbackTransport[] = [];
  const socket = withFallback({ WebSocket, onTransport: (transport) => transports.push(transport), ...options });
  const client = new Client(`http://127.0.0.1:${proxy.port}/`, {
    WebSocket: socket,
    reconnect: { minDelayMs: 20, maxDelayMs: 200 },
    ...more,
  });
  return { client, transports };
}

/** Resolves when `look` finds what it looks for. */
async function until(look: () => boolean): Promise<void> {
  while (!look()) await new Promise((resolve) => setTimeout(resolve, 5));
}

for (const [what, policy, holdsStreams, transport] of [
  ["is refused", "refuse", false, "xhr-streaming"],
  ["is never answered", "ignore", false, "xhr-streaming"],
  ["is refused and streams are held back", "refuse", true, "xhr-polling"],
] as const) {
  test(`where WebSocket ${what} the SDK goes over ${transport}: it joins, publishes and hears, and ends its session at once`, async () => {
    Object.assign(proxy, { policy, holdsStreams });
    const { client, transports } = through({ webSocketTimeoutMs: 300, streamTimeoutMs: 500 });
    const room = client.join(`room-${policy}-${transport}`);
    const heard: unknown[] = [];
    room.on("message", ({ data }) => heard.push(data));
    const sent = ["通知 🎉", { n: 1 }, "x".repeat(20_000)];
    for (const data of sent) await room.publish(data);
    await until(() => heard.length === sent.length);
    assert.deepEqual(heard, sent);
    assert.deepEqual(transports, [transport]);
    assert.equal(server.hub.connectionCount, 1);
    client.close();
    await until(() => server.hub.stats().sessions === 0);
    Object.assign(proxy, { policy: "pass", holdsStreams: false });
  });
}

test("where something lets the handshake through and nothing else, the next attempt goes over HTTP", async () => {
  proxy.policy = "swallow";
  const { client, transports } = through({}, { connectTimeoutMs: 500 });
  const room = client.join("swallowed");
  await room.publish("a");
  assert.deepEqual(transports, ["websocket", "xhr-streaming"]);
  client.close();
  proxy.policy = "pass";
});

test("a change of transport midway, and back: the session is resumed, every message comes once and in order, and every publish is stored once", async () => {
  const { client, transports } = through({ webSocketTimeoutMs: 300, retryWebSocketMs: 1 });
  const room = client.join("midway");
  const heard: unknown[] = [];
  const recovered: unknown[] = [];
  room.on("message", ({ data }) => heard.push(data));
  room.on("joined", (detail) => recovered.push(detail.recovered));
  await until(() => room.state === "joined");
  const { session } = client;
  const all: number[] = [];
  const publishing: Promise<unknown>[] = [];
  const publish = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      all.push(all.length);
      // One from another side, one from the client itself, while the ways change.
      if (all.length % 2 === 0) publishing.push(room.publish(all.length - 1));
      else await server.hub.publish("midway", { data: all.length - 1 });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  for (const policy of ["pass", "refuse", "pass", "refuse"] as const) {
    const count = transports.length;
    proxy.policy = policy;
    proxy.cut();
    await publish(50);
    await until(() => transports.length > count);
    await publish(50);
  }
  await Promise.all(publishing);
  await until(() => heard.length >= all.length);
  assert.deepEqual(
    heard.toSorted((a, b) => Number(a) - Number(b)),
    all,
    "each once",
  );
  const stored = await server.hub.history("midway", { limit: 1000 });
  assert.deepEqual(
    heard,
    stored?.messages.map(({ data }) => data),
    "in the room's order",
  );
  assert.equal(client.session, session);
  assert.deepEqual(new Set(transports), new Set(["websocket", "xhr-streaming"]));
  assert.deepEqual(
    recovered.slice(1),
    Array.from({ length: recovered.length - 1 }, () => true),
  );
  client.close();
  proxy.policy = "pass";
});

test("without any WebSocket class it is HTTP alone; a token goes in the first message as ever", async () => {
  const own = createServer({
    port: 0,
    host: "127.0.0.1",
    logLevel: "silent",
    authenticate: ({ token }) => (token === undefined ? undefined : token === "good" && { user: "Ann" }),
  });
  const { port } = await own.listen();
  const client = new Client(`http://127.0.0.1:${port}/`, { WebSocket: withFallback({ WebSocket: false }), token: "good" });
  await client.join("lobby").publish("a");
  assert.equal(client.user, "Ann");
  client.close();
  await own.close({ graceMs: 1_000 });
});
