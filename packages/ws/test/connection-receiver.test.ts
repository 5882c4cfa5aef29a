import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { restQueue } from "../src/rest-queue.ts";
import { closed, openPair } from "./fixtures/pair.ts";

test("_receiver is null before open; its _maxPayload is the limit of the options, 0 for none", async (t) => {
  const { socket, client } = await openPair(t, { maxPayload: 1000 }, { maxPayload: 0 });
  assert.deepEqual([socket._receiver?._maxPayload, client._receiver?._maxPayload], [1000, 0]);
});

test("a limit that is raised lets longer messages in from the next frame on, also after a rest", async (t) => {
  const { socket, client } = await openPair(t, { maxPayload: 10 });
  assert.ok(socket._receiver !== null);
  socket._receiver._maxPayload = 100;
  for (const _ of ["awake", "rested"]) {
    const received = once(socket, "message");
    client.send("x".repeat(100));
    assert.equal(String((await received)[0]).length, 100);
    restQueue.sweep();
    restQueue.sweep();
  }
  assert.equal(socket._receiver._maxPayload, 100);
  socket.on("error", () => undefined);
  const ended = closed(client);
  client.send("x".repeat(101));
  assert.equal((await ended)[0], 1009);
});

test("a limit that was lowered stays when the heartbeat is changed, also after a rest", async (t) => {
  const { socket, client } = await openPair(t, { maxPayload: 1000 });
  assert.ok(socket._receiver !== null);
  socket._receiver._maxPayload = 10;
  socket.setHeartbeat({ intervalMs: 60_000, timeoutMs: 60_000 });
  const received = once(socket, "message");
  client.send("short");
  await received;
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  restQueue.sweep();
  restQueue.sweep();
  assert.equal(socket._receiver._maxPayload, 10);
});

test("a limit that is lowered holds for compressed messages too, for what they hold (RFC 7692 §8)", async (t) => {
  const deflate = { perMessageDeflate: { threshold: 0 } };
  const { socket, client } = await openPair(t, deflate, deflate);
  assert.ok(socket._receiver !== null);
  socket._receiver._maxPayload = 50;
  socket.on("error", () => undefined);
  const ended = closed(client);
  client.send("x".repeat(1000));
  assert.equal((await ended)[0], 1009);
});
