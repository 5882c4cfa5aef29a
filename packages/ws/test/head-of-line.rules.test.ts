import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { FaultProxy } from "@openline/testkit";
import { WebSocket } from "../src/websocket.ts";
import { closed, listen } from "./fixtures/pair.ts";
import { until } from "./fixtures/until.ts";

const MiB = 1024 * 1024;

/** A server's socket that has sent 16 MiB to a client behind a line that stands still. */
async function blocked(t: TestContext, fragmentBytes?: number): Promise<{ socket: WebSocket; client: WebSocket; proxy: FaultProxy }> {
  const { server, port } = await listen(t, { fragmentBytes });
  const proxy = await FaultProxy.start(port);
  t.after(async () => proxy.stop());
  const connection = once(server, "connection");
  const client = new WebSocket(`ws://127.0.0.1:${proxy.port}`);
  t.after(() => client.terminate());
  await once(client, "open");
  const [socket] = (await connection) as [WebSocket];
  proxy.stall("down");
  client.binaryType = "fragments";
  socket.send(Buffer.alloc(16 * MiB));
  let before = -1;
  // Until the kernel's buffers are full.
  while (before !== socket.bufferedAmount) {
    before = socket.bufferedAmount;
    await delay(60);
  }
  return { socket, client, proxy };
}

/** How many bytes of the large message reached the client in fragments that ended before the ping. */
async function bytesBeforePing(client: WebSocket): Promise<number> {
  let bytes = 0;
  const reading = (async () => {
    for await (const message of client.messageStreams()) for await (const piece of message) bytes += piece.length;
  })();
  await once(client, "ping");
  const before = bytes;
  client.terminate();
  await reading.catch(() => undefined);
  return before;
}

test("R12: a ping after 16 MiB gets out behind at most 64 KiB more of payload, when large messages leave as fragments (RFC 6455 §5.4)", async (t) => {
  const { socket, client, proxy } = await blocked(t, 65_536);
  const unsent = socket.bufferedAmount;
  assert.ok(unsent > 4 * MiB, `${unsent} bytes were still ours`);
  const inKernel = 16 * MiB - unsent;
  socket.ping();
  proxy.resume("down");
  const before = await bytesBeforePing(client);
  assert.ok(before <= inKernel + 2 * 65_536, `${before} bytes came before the ping, ${inKernel} of them were the kernel's`);
});

test("and behind all of it when they leave whole, as with ws: nobody can interrupt a frame (RFC 6455 §5.4)", async (t) => {
  const { socket, client, proxy } = await blocked(t);
  socket.ping();
  proxy.resume("down");
  assert.ok((await bytesBeforePing(client)) >= 15 * MiB);
});

test("R12: a close stands behind the whole message that was sent before it: it is the last frame (RFC 6455 §5.5.1)", async (t) => {
  const { socket, client, proxy } = await blocked(t, 65_536);
  const got: number[] = [];
  client.on("message", (data) => got.push((data as Buffer[]).reduce((sum, { length }) => sum + length, 0)));
  const end = closed(client);
  socket.close(1000, "done");
  proxy.resume("down");
  assert.deepEqual(await end, [1000, "done"]);
  assert.deepEqual(got, [16 * MiB]);
});

test("R3: in the server profile a slow reader is told 1008 behind at most 64 KiB, and its queue is freed at once", async (t) => {
  const { server, port } = await listen(t, { secure: true });
  const proxy = await FaultProxy.start(port);
  t.after(async () => proxy.stop());
  const connection = once(server, "connection");
  const client = new WebSocket(`ws://127.0.0.1:${proxy.port}`, { maxPayload: 0 });
  await once(client, "open");
  const [socket] = (await connection) as [WebSocket];
  proxy.stall("down");
  const end = closed(client);
  let most = 0;
  for (let sent = 0; sent < 2000 && socket.readyState === 1; sent++) {
    socket.send(Buffer.alloc(60_000));
    most = Math.max(most, socket.bufferedAmount);
    if (sent % 10 === 0) await delay(1);
  }
  assert.ok(most <= MiB, `${most} bytes were queued`);
  assert.notEqual(socket.readyState, 1);
  await until(() => socket.bufferedAmount <= 2 * 65_536);
  proxy.resume("down");
  assert.deepEqual(await end, [1008, "too slow"]);
  assert.match(String(socket.cause), /would pass the cap of 1048576/);
});
