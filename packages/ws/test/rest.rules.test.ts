import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { PROFILES, prepareText } from "@openline/protocol";
import { duplexPair, type PairEnd, settle } from "@openline/testkit";
import { Connection } from "../src/connection.ts";
import type { ConnectionOwner } from "../src/connection-owner.ts";
import { connectionOptions, type EndpointOptions } from "../src/endpoint-options.ts";
import { platform } from "../src/platform.ts";
import { restQueue } from "../src/rest-queue.ts";
import { StreamDriver } from "../src/stream-driver.ts";
import { closed, messages, openPair } from "./fixtures/pair.ts";
import { maskedFrame } from "./fixtures/raw-client.ts";
import { until } from "./fixtures/until.ts";

interface Setup {
  readonly connection: Connection;
  readonly near: PairEnd;
  readonly far: PairEnd;
  readonly seen: string[];
}

async function setUp(options: EndpointOptions = {}): Promise<Setup> {
  const [near, far] = duplexPair();
  far.on("error", () => undefined).resume();
  const seen: string[] = [];
  const note = (what: string) => (data: Uint8Array) => void seen.push(`${what} ${Buffer.from(data).toString()}`);
  const owner: ConnectionOwner = {
    received: note("message"),
    pinged: note("ping"),
    ponged: note("pong"),
    drained: () => undefined,
    failed: (error) => void seen.push(error.code),
    closed: (code) => void seen.push(`closed ${code}`),
  };
  const connection = new Connection(new StreamDriver(near), new Uint8Array(0), owner, connectionOptions("server", options, PROFILES.ws));
  await turns();
  return { connection, near, far, seen };
}

async function turns(): Promise<void> {
  for (let i = 0; i < 8; i++) await settle();
}

/** Two looks without traffic in between. */
function rests(connection: Connection): boolean {
  connection.rest();
  return connection.rest();
}

/** Every connection of the process that can rest does. */
function restAll(): void {
  restQueue.sweep();
  restQueue.sweep();
}

test("a connection rests when nothing happened at it between two looks, and a message wakes it", async () => {
  const { connection, far, seen } = await setUp();
  far.write(maskedFrame(1, "first"));
  await turns();
  assert.equal(connection.rest(), false);
  far.write(maskedFrame(1, "second"));
  await turns();
  assert.equal(connection.rest(), false);
  assert.equal(connection.rest(), true);
  assert.deepEqual([connection.readyState, connection.bufferedBytes, connection.deadline], [1, 0, Number.POSITIVE_INFINITY]);
  far.write(Buffer.concat([maskedFrame(9, "p"), maskedFrame(1, "third")]));
  await turns();
  assert.deepEqual(seen, ["message first", "message second", "ping p", "message third"]);
  assert.equal(rests(connection), true);
});

test("half a frame, or half a message, keeps it awake (RFC 6455 §5.4)", async () => {
  const { connection, far, seen } = await setUp();
  const whole = maskedFrame(1, "in two reads");
  far.write(whole.subarray(0, 9));
  await turns();
  assert.equal(rests(connection), false);
  far.write(whole.subarray(9));
  await turns();
  assert.equal(rests(connection), true);
  const first = maskedFrame(1, "in two ");
  first[0] = 1;
  far.write(first);
  await turns();
  assert.equal(rests(connection), false);
  far.write(maskedFrame(0, "frames"));
  await turns();
  assert.deepEqual(seen, ["message in two reads", "message in two frames"]);
});

test("pause and unsent bytes keep it awake", async () => {
  const { connection, far } = await setUp();
  far.pause();
  connection.machine.sendBinary(new Uint8Array(500_000));
  connection.sent(undefined);
  await turns();
  assert.equal(rests(connection), false);
  far.resume();
  await until(() => connection.bufferedBytes === 0);
  connection.pause();
  assert.equal(rests(connection), false);
  connection.resume();
  await turns();
  assert.equal(rests(connection), true);
});

/** The pong to the ping that was written last but `later`. */
function pongTo(near: PairEnd, later = 0): Buffer {
  return maskedFrame(10, Buffer.from((near.written.at(-1 - later) ?? Buffer.alloc(0)).subarray(2)));
}

test("another heartbeat counts from now on, at rest and awake, with and without one before", async () => {
  for (const options of [{}, { heartbeat: { intervalMs: 60_000, timeoutMs: 60_000 } }]) {
    for (const isAwake of [false, true]) {
      const { connection, near, far, seen } = await setUp(options);
      if (isAwake) assert.equal(connection.machine.readyState, 1);
      else rests(connection);
      connection.setHeartbeat({ intervalMs: 60, timeoutMs: 5_000 });
      await until(() => near.written.length === 1);
      far.write(pongTo(near));
      await turns();
      connection.setHeartbeat({ intervalMs: 60_000, timeoutMs: 5_000 });
      await turns();
      assert.ok(connection.deadline > performance.now() + 30_000);
      assert.deepEqual(seen, []);
      connection.machine.terminate();
      connection.touch();
      await turns();
    }
  }
});

test("a heartbeat goes on through rests: pings at their times, the round trip stays known, a dead peer is dropped (R10)", async () => {
  const { connection, near, far, seen } = await setUp({ heartbeat: { intervalMs: 300, timeoutMs: 10_000 } });
  for (let beat = 1; beat <= 3; beat++) {
    await until(() => near.written.length === beat);
    assert.equal(connection.rest(), true, "for a ping it is not woken");
    const sentAt = performance.now();
    far.write(pongTo(near));
    await turns();
    assert.equal(connection.rest(), true, "for its pong neither");
    assert.ok(connection.deadline > sentAt + 20, "the next ping has its time");
    assert.ok(connection.roundTripMs !== undefined && connection.roundTripMs < 10_000);
  }
  connection.setHeartbeat({ intervalMs: 60, timeoutMs: 40 });
  await until(() => seen.includes("closed 1006"));
  assert.equal(near.written.length, 4);
  assert.match(String(connection.cause), /Nothing was heard/);
});

test("what comes while a pong is awaited is read, the pong with it, in pieces or after another, and never emitted (RFC 6455 §5.5.3)", async () => {
  const { connection, near, far, seen } = await setUp({ heartbeat: { intervalMs: 60, timeoutMs: 5000 } });
  await until(() => near.written.length === 1);
  far.write(Buffer.concat([maskedFrame(1, "before"), pongTo(near), maskedFrame(10, "mine")]));
  await turns();
  assert.deepEqual(seen, ["message before", "pong mine"]);
  assert.ok(connection.roundTripMs !== undefined);
  await until(() => near.written.length === 2);
  far.write(pongTo(near).subarray(0, 5));
  await turns();
  far.write(pongTo(near).subarray(5));
  await until(() => near.written.length === 3);
  far.write(Buffer.concat([pongTo(near, 1), pongTo(near)]));
  await turns();
  assert.deepEqual(seen, ["message before", "pong mine"]);
  assert.equal(connection.readyState, 1);
  connection.terminate();
});

test("a ping that the transport does not take at once goes before what is sent next", async () => {
  const { connection, near, far } = await setUp({ heartbeat: { intervalMs: 60, timeoutMs: 5000 } });
  near.cork();
  await until(() => near.writableLength > 0);
  connection.machine.sendText("next");
  connection.sent(undefined);
  await turns();
  near.uncork();
  await until(() => near.written.length > 1);
  assert.deepEqual(
    near.written.map((frame) => frame[0]),
    [0x89, 0x81],
  );
  far.write(pongTo(near, 1));
  await until(() => connection.roundTripMs !== undefined);
  assert.equal(connection.bufferedBytes, 0);
  connection.terminate();
});

test("a client, whose frames are masked each anew, rests between ping and pong too", async (t) => {
  const { client, socket } = await openPair(t, {}, { heartbeat: { intervalMs: 30, timeoutMs: 5000 } });
  const pings: Buffer[] = [];
  socket.on("ping", (data) => pings.push(data));
  client.on("pong", () => assert.fail("our own heartbeat's pong is not emitted"));
  await until(() => pings.length >= 3 && client.roundTripMs !== undefined);
  assert.equal(new Set(pings.map(String)).size, pings.length);
});

const one = prepareText("one", platform);
const two = prepareText("two", platform);

function texts(near: PairEnd): string {
  return Buffer.concat(near.written).toString("latin1").replace(/\x81./g, "|");
}

test("a frame built for many leaves from a connection at rest without waking it", async () => {
  const { connection, near } = await setUp();
  assert.equal(rests(connection), true);
  assert.equal(connection.sendPrepared(one), true);
  connection.sent(undefined);
  assert.equal(connection.bufferedBytes, one.frame.length);
  await turns();
  assert.deepEqual([texts(near), connection.bufferedBytes, connection.rest()], ["|one", 0, true]);
});

test("what is sent behind such a frame in the same turn stays behind it, and its callback comes", async () => {
  const { connection, near } = await setUp();
  let called = 0;
  connection.sendPrepared(one);
  connection.sent(undefined);
  connection.sendPrepared(two);
  connection.sent(() => called++);
  connection.machine.sendText("three");
  connection.sent(undefined);
  await turns();
  assert.deepEqual([texts(near), called, connection.bufferedBytes], ["|one|two|three", 1, 0]);
  assert.equal(rests(connection), true);
  connection.sendPrepared(one);
  connection.sent(() => called++);
  await turns();
  assert.equal(called, 2);
});

test("a frame that the transport does not take at once holds back what follows: frames, messages, the close frame", async () => {
  const { connection, near } = await setUp();
  near.cork();
  connection.sendPrepared(one);
  connection.sent(undefined);
  await turns();
  assert.equal(connection.bufferedBytes, one.frame.length);
  connection.sendPrepared(two);
  connection.sent(undefined);
  await turns();
  assert.equal(connection.bufferedBytes, one.frame.length + two.frame.length);
  connection.machine.sendText("three");
  connection.sent(undefined);
  connection.close(1000, "");
  await turns();
  near.uncork();
  await until(() => near.written.length > 1 && connection.bufferedBytes === 0);
  assert.equal(texts(near), "|one|two|three\x88\x02\x03\xe8");
});

test("a frame above the high-water mark is told, and one in the queue counts against the cap", async () => {
  const { connection } = await setUp({ highWaterBytes: 4, lowWaterBytes: 0, maxQueueBytes: 8, queuePolicy: "drop" });
  assert.equal(connection.sendPrepared(one), false);
  const { connection: roomy } = await setUp({ maxQueueBytes: 8, queuePolicy: "drop" });
  roomy.sendPrepared(one);
  assert.equal(roomy.admit(3, undefined), true);
  assert.equal(roomy.admit(4, undefined), false);
});

test("a connection that is only sent to rests", async () => {
  const { connection } = await setUp();
  for (let look = 0; look < 2; look++) {
    connection.machine.sendText("push");
    connection.sent(undefined);
    await turns();
    assert.equal(connection.rest(), look === 1);
  }
});

test("an idle timeout keeps it awake, and is kept", async () => {
  const { connection, near, seen } = await setUp({ idleTimeoutMs: 60, closeTimeout: 20 });
  assert.equal(rests(connection), false);
  await until(() => seen.length > 0);
  assert.equal(Buffer.concat(near.written).toString("latin1"), "\x88\x06\x03\xe9idle");
});

async function compressed(t: TestContext): Promise<void> {
  const deflate = { threshold: 0 };
  const { client, socket } = await openPair(t, { perMessageDeflate: deflate }, { perMessageDeflate: deflate });
  const text = "what is said again and again compresses well, ".repeat(10);
  for (const sender of [client, socket, client, socket]) {
    const next = messages(sender === client ? socket : client, 1);
    sender.send(text);
    assert.deepEqual(await next, [text]);
    restAll();
  }
  assert.ok(socket.extensions.includes("permessage-deflate"));
}

test("compression keeps its contexts through rests (RFC 7692 §7.1.1)", compressed);

test("a socket at rest is open, sends, hands out fragments when asked to, and closes with both close frames", async (t) => {
  const { client, socket } = await openPair(t);
  const greeting = messages(client, 1);
  socket.send("hello");
  await greeting;
  restAll();
  assert.deepEqual([socket.readyState, socket.bufferedAmount], [1, 0]);
  socket.binaryType = "fragments";
  const received = once(socket, "message");
  client.send(Buffer.from([1, 2]), { fin: false });
  client.send(Buffer.from([3]), { fin: true });
  assert.deepEqual((await received)[0], [Buffer.from([1, 2]), Buffer.from([3])]);
  restAll();
  const ends = Promise.all([closed(client), closed(socket)]);
  client.close(1000, "done");
  assert.deepEqual(await ends, [
    [1000, "done"],
    [1000, "done"],
  ]);
  assert.ok(client.wasClean && socket.wasClean);
});
