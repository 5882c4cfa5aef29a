// The option `messages`: what a listener is given, and for how long it is there.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { driverSupport } from "../src/fast-driver/driver-for.ts";
import { isSharedRead, POOLED_UP_TO_BYTES } from "../src/fast-driver/shared-read-buffer.ts";
import type { ServerOptions } from "../src/server-options.ts";
import { WebSocket } from "../src/websocket.ts";
import { WebSocketServer } from "../src/websocket-server.ts";
import { createWebSocketStream } from "../src/websocket-stream.ts";
import { until } from "./fixtures/until.ts";

// Above this a read is not copied as a whole, so each message is a view or a copy of its own.
const BYTES = POOLED_UP_TO_BYTES * 4;

async function pair(t: TestContext, options: ServerOptions): Promise<{ client: WebSocket; peer: WebSocket }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await once(server, "listening");
  const connected = once(server, "connection") as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { driver: "portable" });
  const [peer] = await connected;
  if (client.readyState !== WebSocket.OPEN) await once(client, "open");
  return { client, peer };
}

const message = (digit: number): Buffer => Buffer.alloc(BYTES, digit);

test("view: a listener gets a view of the read buffer where there is one, copies otherwise", async (t) => {
  const { fast } = await driverSupport();
  for (const [messages, isView] of [
    ["view", fast && process.env["OPENLINE_DRIVER"] !== "portable"],
    ["copy", false],
    [undefined, false],
  ] as const) {
    const { client, peer } = await pair(t, { messages });
    const seen: boolean[] = [];
    peer.on("message", (data) => seen.push(isSharedRead(data as Buffer)));
    // One after the other: what arrives in two reads is put together, and so a copy.
    for (let sent = 1; sent <= 20 && !seen.includes(true); sent++) {
      client.send(message(1));
      await until(() => seen.length === sent);
    }
    assert.equal(seen.includes(true), isView, String(messages));
  }
});

test("view: what is sent from inside the listener arrives as it was, however much waits", async (t) => {
  const { client, peer } = await pair(t, { messages: "view" });
  peer.on("message", (data) => {
    peer.send(data, { fin: false });
    peer.send(data, { fin: true });
    peer.send(data);
  });
  const got: Buffer[] = [];
  client.on("message", (data) => got.push(data as Buffer));
  for (let digit = 1; digit <= 100; digit++) client.send(message(digit));
  await until(() => got.length === 200);
  for (const [index, data] of got.entries()) {
    const digit = (index >> 1) + 1;
    assert.ok(data.equals(index % 2 === 0 ? Buffer.concat([message(digit), message(digit)]) : message(digit)), `message ${index}`);
  }
});

test("view: for await and createWebSocketStream give memory of their own", async (t) => {
  const options = { messages: "view" } as const;
  const { client, peer } = await pair(t, options);
  for (let digit = 1; digit <= 3; digit++) client.send(message(digit));
  const kept: Buffer[] = [];
  for await (const data of peer) {
    kept.push(data as Buffer);
    if (kept.length === 3) break;
  }
  assert.deepEqual(
    kept.map((data) => [data[0], isSharedRead(data)]),
    [1, 2, 3].map((digit) => [digit, false]),
  );
  const streamed = await pair(t, options);
  const stream = createWebSocketStream(streamed.peer);
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", () => undefined);
  for (let digit = 1; digit <= 3; digit++) streamed.client.send(message(digit));
  await until(() => chunks.reduce((bytes, chunk) => bytes + chunk.length, 0) === 3 * BYTES);
  assert.ok(Buffer.concat(chunks).equals(Buffer.concat([message(1), message(2), message(3)])));
  assert.ok(!chunks.some(isSharedRead));
});
