import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { PROFILES } from "@openline/protocol";
import { duplexPair, type PairEnd, settle } from "@openline/testkit";
import { Connection, type ConnectionOwner } from "../src/connection.ts";
import { connectionOptions, type EndpointOptions } from "../src/endpoint-options.ts";
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

test("a heartbeat goes on through rests: pings at their times, the round trip stays known, a dead peer is dropped (R10)", async () => {
  const { connection, near, far, seen } = await setUp({ heartbeat: { intervalMs: 60, timeoutMs: 40 } });
  for (let beat = 1; beat <= 3; beat++) {
    await until(() => near.written.length === beat);
    const ping = near.written[beat - 1] ?? Buffer.alloc(0);
    assert.equal(rests(connection), false, "a pong is awaited");
    far.write(maskedFrame(10, Buffer.from(ping.subarray(2))));
    const sentAt = performance.now();
    await turns();
    assert.equal(connection.rest(), true, "with the pong it rests at once");
    assert.ok(connection.deadline > sentAt + 20, "the next ping has its time");
    assert.ok(connection.roundTripMs !== undefined && connection.roundTripMs < 60);
  }
  await until(() => seen.includes("closed 1006"));
  assert.equal(near.written.length, 4);
  assert.match(String(connection.cause), /Nothing was heard/);
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
