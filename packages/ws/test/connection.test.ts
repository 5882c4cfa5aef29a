import assert from "node:assert/strict";
import { test } from "node:test";
import { PROFILES, type ProtocolError } from "@openline/protocol";
import { duplexPair, type PairEnd, settle } from "@openline/testkit";
import { Connection } from "../src/connection.ts";
import type { ConnectionOptions } from "../src/connection-options.ts";
import type { ConnectionOwner } from "../src/connection-owner.ts";
import { connectionOptions, type EndpointOptions } from "../src/endpoint-options.ts";
import { StreamDriver } from "../src/stream-driver.ts";
import { maskedFrame } from "./fixtures/raw-client.ts";
import { nextUncaught } from "./fixtures/uncaught.ts";
import { until } from "./fixtures/until.ts";

class Recorder implements ConnectionOwner {
  readonly events: string[] = [];
  onMessage: (text: string) => void = () => undefined;
  received(data: Uint8Array): void {
    const text = Buffer.from(data).toString();
    this.events.push(text);
    this.onMessage(text);
  }
  pinged(data: Uint8Array): void {
    this.events.push(`ping ${Buffer.from(data).toString()}`);
  }
  ponged(data: Uint8Array): void {
    this.events.push(`pong ${Buffer.from(data).toString()}`);
  }
  drained(): void {
    this.events.push("drain");
  }
  failed(error: ProtocolError): void {
    this.events.push(error.code);
  }
  closed(code: number, reason: string, wasClean: boolean): void {
    this.events.push(`closed ${code} ${reason}${wasClean ? " clean" : ""}`);
  }
}

interface Setup {
  readonly owner: Recorder;
  readonly connection: Connection;
  /** The connection's own stream: `near.written` are its writes. */
  readonly near: PairEnd;
  /** The peer's. */
  readonly far: PairEnd;
}

function setUp(options: EndpointOptions = {}, changes: Partial<ConnectionOptions> = {}): Setup {
  const [near, far] = duplexPair();
  far.on("error", () => undefined);
  const owner = new Recorder();
  const settings = { ...connectionOptions("server", options, PROFILES.ws), ...changes };
  return { owner, near, far, connection: new Connection(new StreamDriver(near), new Uint8Array(0), owner, settings) };
}

async function turns(count = 8): Promise<void> {
  for (let i = 0; i < count; i++) await settle();
}

const text = (content: string): Buffer => maskedFrame(1, content);

test("answers of 32 KiB and more leave when the bytes that caused them are read, smaller ones at the end of the turn", async () => {
  for (const [bytes, atOnce] of [
    [32_768, 1],
    [32_000, 0],
  ] as const) {
    const { connection, owner, near, far } = setUp();
    far.resume();
    await turns();
    owner.onMessage = () => connection.machine.sendBinary(new Uint8Array(bytes));
    connection.received(text("go"), false);
    assert.equal(near.written.length, atOnce);
    await turns();
    assert.equal(
      near.written.reduce((sum, { length }) => sum + length, 0),
      bytes + 4,
    );
  }
});

test("all that is sent in one turn leaves in one write: from the code itself, nextTick, and promise jobs", async () => {
  const { connection, near, far } = setUp();
  far.resume();
  await turns();
  const send = (content: string): void => {
    connection.machine.sendText(content);
    connection.sent(undefined);
  };
  for (let i = 0; i < 100; i++) send("code");
  process.nextTick(() => send("tick"));
  queueMicrotask(() => send("job"));
  await Promise.resolve();
  send("after await");
  await turns();
  assert.equal(near.written.length, 1);
  assert.equal(near.written[0]?.length, 100 * 6 + 6 + 5 + 13);
});

test("the answers to all messages of one read leave in one write", async () => {
  const { owner, connection, near, far } = setUp();
  owner.onMessage = (content) => {
    connection.machine.sendText(content);
    connection.sent(undefined);
  };
  far.resume();
  far.write(Buffer.concat(Array.from({ length: 50 }, () => text("echo"))));
  await turns();
  assert.equal(owner.events.length, 50);
  assert.equal(near.written.length, 1);
});

test("a throw of a message handler reaches the process, what was sent leaves, and the next message is read", async () => {
  const { owner, connection, near, far } = setUp();
  owner.onMessage = (content) => {
    connection.machine.sendText(content);
    connection.sent(undefined);
    if (content === "bad") throw new Error("the handler's fault");
  };
  far.resume();
  const thrown = nextUncaught();
  far.write(Buffer.concat([text("good"), text("bad"), text("next")]));
  assert.match((await thrown).message, /the handler's fault/);
  await turns();
  assert.deepEqual(owner.events, ["good", "bad", "next"]);
  assert.equal(Buffer.concat(near.written).toString("latin1"), "\x81\x04good\x81\x03bad\x81\x04next");
});

test("oneEventPerTurn: each message has a turn of its own, and reading stands still meanwhile", async () => {
  const { owner, near, far } = setUp({ allowSynchronousEvents: false });
  let turn = 0;
  const seen: number[] = [];
  const standing: boolean[] = [];
  owner.onMessage = () => {
    seen.push(turn);
    queueMicrotask(() => standing.push(near.isPaused()));
  };
  far.write(Buffer.concat([text("1"), text("2"), text("3")]));
  for (; turn < 12; turn++) await settle();
  assert.deepEqual(owner.events, ["1", "2", "3"]);
  assert.equal(new Set(seen).size, 3);
  assert.deepEqual(standing, [true, true, true]);
  assert.ok(!near.isPaused());
});

test("pause() within a handler holds the messages behind it back until resume()", async () => {
  const { owner, connection, far } = setUp();
  owner.onMessage = (content) => {
    if (content === "stop") connection.pause();
  };
  far.write(Buffer.concat([text("stop"), text("held")]));
  await turns();
  far.write(text("also held"));
  await turns();
  assert.deepEqual(owner.events, ["stop"]);
  connection.resume();
  await turns();
  assert.deepEqual(owner.events, ["stop", "held", "also held"]);
});

test("above the high-water mark send answers false; drain comes when the reader has caught up", async () => {
  const { owner, connection, near, far } = setUp({ highWaterBytes: 100_000, lowWaterBytes: 1000 });
  const answers: boolean[] = [];
  for (let i = 0; i < 3; i++) {
    answers.push(connection.machine.sendBinary(new Uint8Array(60_000)));
    connection.sent(undefined);
  }
  assert.deepEqual(answers, [true, false, false]);
  await turns(20);
  assert.ok(near.writableLength > 0);
  assert.deepEqual(owner.events, []);
  far.resume();
  await turns(40);
  assert.deepEqual(owner.events, ["drain"]);
  assert.equal(connection.machine.bufferedBytes, 0);
});

test("while a write is pending what is sent waits, and leaves as one write afterwards", async () => {
  const { connection, near, far } = setUp();
  connection.machine.sendBinary(new Uint8Array(200_000));
  connection.touch();
  await turns(2);
  for (let i = 0; i < 5; i++) {
    connection.machine.sendText("more");
    connection.touch();
    await settle();
  }
  assert.equal(near.written.length, 1);
  far.resume();
  await turns(20);
  assert.equal(near.written.length, 2);
  assert.equal(near.written[1]?.length, 5 * 6);
});

test("callbacks of send are called in order, when the transport took the bytes and not before", async () => {
  const { connection, far } = setUp();
  const order: string[] = [];
  connection.machine.sendBinary(new Uint8Array(200_000));
  connection.sent((error) => order.push(`first ${error?.message}`));
  connection.machine.sendText("small");
  connection.sent((error) => order.push(`second ${error?.message}`));
  await turns();
  assert.deepEqual(order, []);
  far.resume();
  await turns(20);
  assert.deepEqual(order, ["first undefined", "second undefined"]);
});

test("callbacks of what never left get the reason", async () => {
  const { connection, far } = setUp();
  const errors: (string | undefined)[] = [];
  connection.machine.sendBinary(new Uint8Array(200_000));
  connection.sent((error) => errors.push(error?.message));
  await turns();
  far.destroy();
  await turns();
  assert.deepEqual(errors, ["read ECONNRESET"]);
});

/** Four messages of 100,000 bytes to a peer that does not read; which were admitted. */
function sendFour(connection: Connection, callback?: (error?: Error) => void): boolean[] {
  return [0, 1, 2, 3].map(() => {
    if (!connection.admit(100_000, callback)) return false;
    connection.machine.sendBinary(new Uint8Array(100_000));
    connection.sent(callback);
    return true;
  });
}

test("R3: terminate: a message that would pass the cap drops the connection", async () => {
  const { owner, connection, near } = setUp({ maxQueueBytes: 310_000 });
  assert.deepEqual(sendFour(connection), [true, true, true, false]);
  await turns();
  assert.ok(near.destroyed);
  assert.deepEqual(owner.events, ["closed 1006 "]);
  assert.match(String(connection.cause), /300030 bytes are queued and unsent, 100000 more would pass the cap of 310000/);
});

test("R3: close: what waits is dropped, and the peer is told 1008 behind at most 64 KiB", async () => {
  const { connection, near, far } = setUp({ maxQueueBytes: 310_000, queuePolicy: "close", fragmentBytes: 65_536, closeTimeout: 10_000 });
  const errors: unknown[] = [];
  sendFour(connection, (error) => errors.push(error?.message));
  assert.ok(connection.machine.bufferedBytes < 65_536 + 40);
  far.resume();
  await turns(20);
  const sent = Buffer.concat(near.written);
  assert.deepEqual(sent.subarray(-12), Buffer.from("\x88\x0a\x03\xf0too slow", "latin1"));
  assert.ok(sent.length < 65_536 + 40);
  far.end();
  await turns(20);
  assert.equal(errors.length, 4);
  assert.match(String(connection.cause), /would pass the cap/);
});

test("R3: drop: the message is left out and its callback told; the connection goes on when there is room", async () => {
  const { owner, connection, far } = setUp({ maxQueueBytes: 310_000, queuePolicy: "drop" });
  const errors: unknown[] = [];
  assert.deepEqual(
    sendFour(connection, (error) => errors.push(error?.message)),
    [true, true, true, false],
  );
  far.resume();
  await turns(40);
  assert.deepEqual(errors.map((error) => typeof error).toSorted(), ["string", "undefined", "undefined", "undefined"]);
  assert.ok(connection.admit(100_000, undefined));
  assert.deepEqual(owner.events, []);
});

test("a single message is taken into an empty queue, whatever its size", () => {
  const { connection } = setUp({ maxQueueBytes: 1000 });
  assert.ok(connection.admit(1_000_000, undefined));
  connection.machine.sendBinary(new Uint8Array(1_000_000));
  connection.sent(undefined);
  assert.ok(!connection.admit(0, undefined));
});

test("reading stands still until everybody who stopped it has let go", async () => {
  const { owner, connection, far } = setUp();
  connection.pause();
  connection.pause();
  far.write(text("held"));
  await turns();
  connection.resume();
  await turns();
  assert.deepEqual(owner.events, []);
  connection.resume();
  connection.resume();
  await turns();
  assert.deepEqual(owner.events, ["held"]);
});

test("with machine.streaming the pieces of a message go to the sink, and without a sink nowhere", async () => {
  const { owner, connection, far } = setUp();
  const seen: string[] = [];
  connection.machine.streaming = true;
  far.write(text("lost"));
  await turns();
  connection.streamSink = {
    started: (isBinary) => seen.push(isBinary ? "binary" : "text"),
    data: (bytes) => seen.push(Buffer.from(bytes).toString()),
    ended: () => seen.push("end"),
  };
  far.write(Buffer.concat([maskedFrame(1, "one", false), maskedFrame(0, "two")]));
  await turns();
  assert.deepEqual(seen, ["text", "one", "two", "end"]);
  assert.deepEqual(owner.events, []);
});

test("the server answers a close frame and ends the transport first; closed comes when that is over (RFC 6455 §7.1.1)", async () => {
  const { owner, near, far } = setUp();
  far.write(maskedFrame(8, Buffer.from([0x03, 0xe8, 0x62, 0x79, 0x65])));
  let ended = false;
  far.on("end", () => {
    ended = true;
    far.end();
  });
  far.resume();
  await turns(12);
  assert.ok(ended);
  assert.ok(near.destroyed);
  assert.deepEqual(owner.events, ["closed 1000 bye clean"]);
});

test("E: data after the peer's close frame is discarded (RFC 6455 §5.5.1)", async () => {
  const { owner, far } = setUp();
  far.on("end", () => far.end()).resume();
  far.write(Buffer.concat([maskedFrame(8, ""), text("late")]));
  await turns(12);
  assert.deepEqual(owner.events, ["closed 1005  clean"]);
});

test("a fault of the peer is reported, then the connection closes with 1006 on this side (RFC 6455 §7.1.7)", async () => {
  const { owner, near, far } = setUp();
  far.on("end", () => far.end()).resume();
  far.write(Buffer.from([0x81, 0x01, 0x41]));
  await turns(12);
  assert.deepEqual(owner.events, ["WS_ERR_EXPECTED_MASK", "closed 1006 "]);
  assert.equal(Buffer.concat(near.written).readUInt16BE(2), 1002);
});

test("a reset ends the connection with 1006 and throws nowhere", async () => {
  const { owner, connection, far } = setUp();
  far.destroy();
  await turns();
  assert.deepEqual(owner.events, ["closed 1006 "]);
  assert.match(String(connection.cause), /ECONNRESET/);
});

test("a peer that never ends its side is dropped when the closing handshake has taken too long", async () => {
  const { owner, connection, near, far } = setUp({ closeTimeout: 30 });
  far.resume();
  connection.close(1000, "");
  await turns();
  assert.ok(!near.destroyed);
  await until(() => owner.events.length > 0);
  assert.ok(near.destroyed);
  assert.deepEqual(owner.events, ["closed 1006 "]);
});

test("a peer that ends its side but never reads what is left is dropped in time", async () => {
  const { owner, connection, near, far } = setUp({ closeTimeout: 30 });
  await turns(2);
  connection.machine.sendBinary(new Uint8Array(500_000));
  connection.touch();
  far.end();
  await until(() => owner.events.length > 0);
  assert.ok(near.destroyed);
  assert.deepEqual(owner.events, ["closed 1006 "]);
});

test("a quiet peer gets a ping; one that stays quiet is dropped (R10)", async () => {
  const { owner, connection, near, far } = setUp({ heartbeat: { intervalMs: 20, timeoutMs: 30 } });
  far.resume();
  await until(() => owner.events.length > 0);
  assert.equal((near.written[0]?.[0] ?? 0) & 0x0f, 9);
  assert.ok(near.destroyed);
  assert.deepEqual(owner.events, ["closed 1006 "]);
  assert.match(String(connection.cause), /Nothing was heard/);
});
