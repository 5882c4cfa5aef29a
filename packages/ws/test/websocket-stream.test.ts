import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { WebSocket } from "../src/websocket.ts";
import { createWebSocketStream } from "../src/websocket-stream.ts";
import { closed, listen, openPair } from "./fixtures/pair.ts";

// What it does event by event is compared with ws in drop-in.rules.test.ts.

test("4 MiB go through a stream each way and come out whole, however slow the reader", async (t) => {
  const { client, socket } = await openPair(t);
  const payload = randomBytes(4 * 1024 * 1024);
  const near = createWebSocketStream(client);
  const far = createWebSocketStream(socket);
  far.pipe(far);
  const echoed: Buffer[] = [];
  const slow = new PassThrough({ highWaterMark: 1024 });
  slow.on("data", (chunk: Buffer) => echoed.push(chunk));
  await Promise.all([pipeline(Readable.from([payload]), near), pipeline(near, slow)]);
  assert.ok(Buffer.concat(echoed).equals(payload));
});

test("as mqtt.js uses it: written before open, a property put on it, destroyed while connecting", async (t) => {
  const { server, url } = await listen(t);
  const connection = once(server, "connection");
  const client = new WebSocket(url, "mqtt");
  const stream = Object.assign(createWebSocketStream(client), { url });
  stream.write("early");
  const [socket] = (await connection) as [WebSocket];
  assert.equal(String((await once(socket, "message"))[0]), "early");
  const end = closed(socket);
  stream.end();
  assert.deepEqual(await end, [1005, ""]);

  const given = createWebSocketStream(new WebSocket(url));
  const failures: unknown[] = [];
  given.on("error", (error) => failures.push(error.message));
  given.destroy();
  await new Promise<void>((resolve) => given.once("close", () => resolve()));
  assert.deepEqual(failures, ["WebSocket was closed before the connection was established"]);
  assert.equal(stream.url, url);
});

test("an error that nobody listens for on the stream is thrown there", async (t) => {
  const { client } = await openPair(t);
  const stream = createWebSocketStream(client);
  const error = new Error("mine");
  assert.throws(() => stream.emit("error", error), error);
  client.terminate();
});
