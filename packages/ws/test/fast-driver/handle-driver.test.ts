import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";
import { type DriverOwner, Write } from "../../src/driver.ts";
import { driverFor, driverSupport } from "../../src/fast-driver/driver-for.ts";
import { HandleDriver } from "../../src/fast-driver/handle-driver.ts";
import { isSharedRead, POOLED_UP_TO_BYTES } from "../../src/fast-driver/shared-read-buffer.ts";
import { tcpPair } from "../fixtures/tcp-pair.ts";
import { until } from "../fixtures/until.ts";

const noBytes = Buffer.alloc(0);
const { fast } = await driverSupport();

/** What a driver told, copied at once: the memory is not its receiver's. */
class Recorder implements DriverOwner {
  chunks: Buffer[] = [];
  written_: number[] = [];
  isEnded = false;
  end: { error: Error | undefined } | undefined;
  onReceived: (chunk: Uint8Array) => void = () => undefined;
  onWritten: () => void = () => undefined;

  received(chunk: Uint8Array): void {
    this.chunks.push(Buffer.from(chunk));
    this.onReceived(chunk);
  }

  written(bytes: number): void {
    this.written_.push(bytes);
    this.onWritten();
  }

  ended(): void {
    this.isEnded = true;
  }

  closed(error: Error | undefined): void {
    assert.equal(this.end, undefined, "closed is told once");
    this.end = { error };
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

function drive(socket: Socket, head: Uint8Array = noBytes): { driver: HandleDriver; owner: Recorder } {
  const driver = driverFor(socket, "fast");
  assert.ok(driver instanceof HandleDriver);
  const owner = new Recorder();
  driver.attach(owner);
  driver.start(head);
  return { driver, owner };
}

function collect(socket: Socket): { readonly bytes: number; readonly read: Buffer } {
  const chunks: Buffer[] = [];
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
  });
  return {
    get bytes() {
      return bytes;
    },
    get read() {
      return Buffer.concat(chunks);
    },
  };
}

test("the running Node has what the fast driver needs", () => {
  assert.equal(fast, true);
});

test("what came before the driver is read first: the head, then what the stream has, then the handle", async (t) => {
  const { near, far } = await tcpPair(t);
  far.write("second ");
  await until(() => near.readableLength === 7);
  const { owner } = drive(near, Buffer.from("first "));
  far.write("third");
  await until(() => owner.bytes.length === 18);
  assert.equal(owner.bytes.toString(), "first second third");
});

test("larger chunks lie in one shared buffer that the next read of any socket overwrites, small ones in memory to keep", async (t) => {
  const [a, b] = [await tcpPair(t), await tcpPair(t)];
  const [first, second] = [drive(a.near).owner, drive(b.near).owner];
  const chunks: Uint8Array[] = [];
  first.onReceived = second.onReceived = (chunk) => chunks.push(chunk);
  a.far.write("a".repeat(POOLED_UP_TO_BYTES + 1));
  await until(() => chunks.length === 1);
  b.far.write("b".repeat(POOLED_UP_TO_BYTES + 1));
  await until(() => chunks.length === 2);
  assert.ok(chunks.every(isSharedRead));
  assert.equal(Buffer.from(chunks[0] ?? noBytes).toString("latin1", 0, 4), "bbbb");
  b.far.write("cccc");
  await until(() => chunks.length === 3);
  a.far.write("dddd");
  await until(() => chunks.length === 4);
  assert.equal(Buffer.from(chunks[2] ?? noBytes).toString(), "cccc");
});

test("40 MB in pieces of every size arrive as they were sent", async (t) => {
  const { near, far } = await tcpPair(t);
  const { owner } = drive(near);
  const sent = randomBytes(40_000_000);
  for (let at = 0; at < sent.length; ) {
    const size = randomInt(1, 500_000);
    far.write(sent.subarray(at, at + size));
    at += size;
  }
  await until(() => owner.chunks.reduce((bytes, chunk) => bytes + chunk.length, 0) >= sent.length);
  assert.ok(owner.bytes.equals(sent));
  assert.equal(near.bytesRead, sent.length);
});

test("a write that the kernel takes is Taken: its memory may be reused at once", async (t) => {
  const { near, far } = await tcpPair(t);
  const { driver } = drive(near);
  const all = collect(far);
  const slab = Buffer.alloc(4);
  for (let i = 0; i < 1000; i++) {
    slab.writeUInt32BE(i);
    assert.equal(driver.write([slab.subarray(0, 1), slab.subarray(1)], 4), Write.Taken);
    assert.equal(driver.pendingBytes, 0);
  }
  await until(() => all.read.length === 4000);
  for (let i = 0; i < 1000; i++) assert.equal(all.read.readUInt32BE(i * 4), i);
  assert.equal(near.bytesWritten, 4000);
});

test("a write that the kernel takes in part is Pending until `written`, however long the reader pauses, and stays in memory", async (t) => {
  const { near, far } = await tcpPair(t);
  const { driver, owner } = drive(near);
  far.pause();
  const seed = randomBytes(1024 * 1024);
  let bytes = 0;
  // Nothing but the driver holds these buffers afterwards.
  while (driver.pendingBytes === 0) {
    const segments = Array.from({ length: 8 }, () => Buffer.from(seed));
    driver.write(segments, 8 * seed.length);
    bytes += 8 * seed.length;
    assert.ok(bytes < 2 ** 30, "the kernel took a GiB");
  }
  global.gc?.();
  for (let i = 0; i < 20; i++) Buffer.alloc(1024 * 1024, i);
  await nextTurn();
  assert.deepEqual(owner.written_, []);
  const all = collect(far);
  far.resume();
  await until(() => owner.written_.length === 1 && all.bytes === bytes);
  assert.deepEqual(owner.written_, [8 * seed.length]);
  const { read } = all;
  for (let at = 0; at < bytes; at += seed.length) assert.ok(read.subarray(at, at + seed.length).equals(seed));
});

test("a write of the socket's owner in between keeps its place", async (t) => {
  const { near, far } = await tcpPair(t);
  const { driver, owner } = drive(near);
  far.pause();
  const expected: Buffer[] = [];
  const own = (bytes: Buffer): void => {
    expected.push(bytes);
    near.write(bytes);
  };
  const ours = (bytes: Buffer): void => {
    expected.push(bytes);
    driver.write([bytes.subarray(0, 1), bytes.subarray(1)], bytes.length);
  };
  ours(Buffer.from("ours 1 "));
  own(Buffer.from("own 1 "));
  ours(Buffer.from("ours 2 "));
  // Now the kernel is full, with a write of the owner's; ours waits behind it, and another of the owner's behind ours.
  own(Buffer.alloc(20_000_000, "o"));
  assert.ok(near.writableLength > 0);
  ours(Buffer.from("ours 3 "));
  assert.ok(driver.pendingBytes > 0);
  own(Buffer.from("own 3 "));
  const all = collect(far);
  far.resume();
  await until(() => owner.written_.length === 1);
  // And the other way round: ours is pending, the owner's is behind it.
  far.pause();
  ours(Buffer.alloc(20_000_000, "p"));
  own(Buffer.from("own 4 "));
  far.resume();
  const whole = Buffer.concat(expected);
  await until(() => all.bytes === whole.length);
  assert.ok(all.read.equals(whole));
  assert.deepEqual(owner.written_, [7, 20_000_000]);
});

test("a callback of the owner's write never counts as ours", async (t) => {
  const { near, far } = await tcpPair(t);
  const { driver, owner } = drive(near);
  far.pause();
  near.write(Buffer.alloc(10), () => undefined);
  driver.write([Buffer.alloc(50_000_000)], 50_000_000);
  near.write("behind");
  await nextTurn();
  assert.deepEqual(owner.written_, []);
  assert.equal(driver.pendingBytes, 50_000_000);
});

test("after pause nothing is read until resume, and the peer is held back", async (t) => {
  const { near, far } = await tcpPair(t);
  const { driver, owner } = drive(near);
  owner.onReceived = () => driver.pause();
  far.write("a");
  await until(() => owner.bytes.length === 1);
  far.write(Buffer.alloc(50_000_000, "b"));
  for (let i = 0; i < 20; i++) await nextTurn();
  assert.equal(owner.bytes.length, 1);
  assert.ok(far.writableLength > 0);
  owner.onReceived = () => undefined;
  driver.resume();
  await until(() => near.bytesRead === 50_000_001);
  assert.equal(owner.bytes.length, 50_000_001);
});

test("socket.pause() of the owner holds the bytes back, socket.resume() lets them through", async (t) => {
  const { near, far } = await tcpPair(t);
  const { owner } = drive(near);
  near.pause();
  far.write("held");
  await until(() => near.bytesRead === 4);
  far.write(" and more");
  for (let i = 0; i < 20; i++) await nextTurn();
  assert.equal(owner.bytes.length, 0);
  assert.equal(near.bytesRead, 4);
  near.resume();
  await until(() => owner.bytes.length === 13);
  assert.equal(owner.bytes.toString(), "held and more");
});

test("bytes held by the owner's pause wait for our own pause too", async (t) => {
  const { near, far } = await tcpPair(t);
  const { driver, owner } = drive(near);
  near.pause();
  far.write("held");
  await until(() => near.bytesRead === 4);
  driver.pause();
  near.resume();
  for (let i = 0; i < 20; i++) await nextTurn();
  assert.equal(owner.bytes.length, 0);
  driver.resume();
  assert.equal(owner.bytes.toString(), "held");
});

test("data listeners that the owner adds later get a copy of what is read", async (t) => {
  const { near, far } = await tcpPair(t);
  const { owner } = drive(near);
  const all = collect(near);
  far.write("one");
  await until(() => owner.bytes.length === 3 && all.read.length === 3);
  assert.equal(all.read.toString(), "one");
});

test("the peer's FIN is told as the end, and we can still write", async (t) => {
  const { near, far } = await tcpPair(t);
  const { driver, owner } = drive(near);
  let ends = 0;
  near.on("end", () => ends++);
  const all = collect(far);
  far.end("bye");
  await until(() => owner.isEnded);
  assert.equal(owner.bytes.toString(), "bye");
  assert.equal(ends, 1);
  assert.equal(driver.write([Buffer.from("answer")], 6), Write.Taken);
  driver.end();
  await once(far, "end");
  assert.equal(all.read.toString(), "answer");
  await until(() => owner.end !== undefined);
  assert.equal(owner.end?.error, undefined);
});

test("an end that came before the driver took over is told too", async (t) => {
  const { near, far } = await tcpPair(t);
  const driver = driverFor(near, "fast");
  const owner = new Recorder();
  driver.attach(owner);
  far.end("last words");
  await until(() => near.readableLength === 10);
  for (let i = 0; i < 5; i++) await nextTurn();
  driver.start(noBytes);
  await until(() => owner.isEnded);
  assert.equal(owner.bytes.toString(), "last words");
});

test("FIN leaves behind what is pending", async (t) => {
  const { near, far } = await tcpPair(t);
  const { driver } = drive(near);
  far.pause();
  driver.write([Buffer.alloc(30_000_000, 7)], 30_000_000);
  assert.ok(driver.pendingBytes > 0);
  driver.end();
  const all = collect(far);
  far.resume();
  await once(far, "end");
  assert.equal(all.read.length, 30_000_000);
});

test("a reset with pending bytes closes once, with the error, and `written` never comes", async (t) => {
  const { near, far } = await tcpPair(t);
  const { driver, owner } = drive(near);
  far.pause();
  driver.write([Buffer.alloc(30_000_000)], 30_000_000);
  far.resetAndDestroy();
  await until(() => owner.end !== undefined);
  assert.match(String(owner.end?.error), /ECONNRESET|EPIPE/);
  assert.deepEqual(owner.written_, []);
});

test("abort with pending bytes closes once, without an error", async (t) => {
  const { near, far, server } = await tcpPair(t);
  const { driver, owner } = drive(near);
  far.pause();
  driver.write([Buffer.alloc(30_000_000)], 30_000_000);
  driver.abort();
  await until(() => owner.end !== undefined);
  assert.equal(owner.end?.error, undefined);
  assert.deepEqual(owner.written_, []);
  assert.equal(driver.write([Buffer.from("x")], 1), Write.Pending);
  assert.equal(await promisify(server.getConnections.bind(server))(), 0);
});

test("a socket destroyed by its owner, with an error or without, closes the driver the same", async (t) => {
  for (const error of [undefined, new Error("enough")]) {
    const { near } = await tcpPair(t);
    const { owner } = drive(near);
    near.destroy(error);
    await until(() => owner.end !== undefined);
    assert.equal(owner.end?.error, error);
  }
});

test("the socket stays what it was: address, counters, close, getConnections, ref", async (t) => {
  const { near, far, server } = await tcpPair(t);
  const { driver, owner } = drive(near);
  far.write("12345");
  await until(() => owner.bytes.length === 5);
  driver.write([Buffer.from("123")], 3);
  assert.equal(near.remoteAddress, "127.0.0.1");
  assert.equal(near.remotePort, far.localPort);
  assert.equal(near.bytesRead, 5);
  assert.equal(near.bytesWritten, 3);
  assert.equal(await promisify(server.getConnections.bind(server))(), 1);
  near.unref().ref();
  far.resume();
  const close = once(near, "close");
  far.end();
  await until(() => owner.isEnded);
  near.destroy();
  await close;
  assert.equal(await promisify(server.getConnections.bind(server))(), 0);
});

test("setTimeout of the owner counts from the last read or write", async (t) => {
  const { near, far } = await tcpPair(t);
  const { driver, owner } = drive(near);
  const quietMs: number[] = [];
  let lastAt = performance.now();
  near.setTimeout(120, () => quietMs.push(performance.now() - lastAt));
  owner.onReceived = () => {
    lastAt = performance.now();
  };
  // Real time: the timer is Node's own. Both ways of traffic, for longer than the timeout.
  for (let i = 0; i < 20; i++) {
    if (i % 2 === 0) far.write("x");
    else {
      lastAt = performance.now();
      driver.write([Buffer.from("y")], 1);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await until(() => owner.bytes.length === 10);
  await until(() => performance.now() - lastAt > 200 && quietMs.length > 0);
  // A busy machine makes pauses too, and Node counts from when its turn began; who does not count anew is at most 20 ms behind the traffic.
  for (const ms of quietMs) assert.ok(ms > 40, `after ${ms} ms`);
});

test("a throw while reading goes to the process, and reading goes on", async (t) => {
  const { near, far } = await tcpPair(t);
  const { owner } = drive(near);
  const { nextUncaught } = await import("../fixtures/uncaught.ts");
  owner.onReceived = () => {
    throw new Error("in the handler");
  };
  const uncaught = nextUncaught();
  far.write("a");
  assert.equal((await uncaught).message, "in the handler");
  owner.onReceived = () => undefined;
  far.write("b");
  await until(() => owner.bytes.toString() === "ab");
});
