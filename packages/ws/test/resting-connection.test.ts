import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { PROFILES, type PreparedFrame, prepareBinary, prepareText } from "@openline/protocol";
import type { ConnectionOptions } from "../src/connection-options.ts";
import { type Driver, Write } from "../src/driver.ts";
import { connectionOptions } from "../src/endpoint-options.ts";
import { platform } from "../src/platform.ts";
import { RestingConnection } from "../src/resting-connection.ts";
import { codecs } from "./fixtures/codec.ts";
import { maskedFrame } from "./fixtures/raw-client.ts";

/** Shows what its sub-class works with. */
class Bare extends RestingConnection {
  readonly written: string[];

  constructor(options: ConnectionOptions, result: Write = Write.Taken, hasCodec = false) {
    const written: string[] = [];
    const driver: Driver = {
      stream: new Duplex(),
      sharesReadBuffer: false,
      pendingBytes: 0,
      attach: () => undefined,
      start: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      end: () => undefined,
      abort: () => undefined,
      write(segments) {
        written.push(Buffer.concat(segments).toString("latin1"));
        return result;
      },
    };
    super(driver, options);
    if (hasCodec) [this.needExtras().codec] = codecs();
    this.written = written;
  }

  takes(frame: PreparedFrame): boolean {
    return this.takesLoose(frame);
  }

  /** As at the end of a turn. */
  send(frame: PreparedFrame): void {
    this.unsent = frame;
    this.writeUnsent();
  }

  ping(now: number): boolean {
    return this.sendBeat(now);
  }

  answers(chunk: Uint8Array): boolean {
    return this.beat !== undefined && this.takeAnswer(this.beat, chunk);
  }

  get state(): object {
    const { wakeAt, looseBytes, unsent, beat } = this;
    return { wakeAt, looseBytes, hasUnsent: unsent !== undefined, hasBeat: beat !== undefined };
  }

  get roundTrip(): number | undefined {
    return this.lastRoundTripMs;
  }
}

const server = connectionOptions("server", {}, PROFILES.ws);
const heartbeat = { intervalMs: 60, timeoutMs: 40 };
const quiet = { wakeAt: Number.POSITIVE_INFINITY, looseBytes: 0, hasUnsent: false, hasBeat: false };
const small = prepareText("one", platform);

test("a frame leaves as it is from a server without compression, up to 64 KiB and within its own limits", () => {
  const largest = prepareBinary(new Uint8Array(65_532), platform);
  const larger = prepareBinary(new Uint8Array(65_536), platform);
  assert.equal(largest.frame.length, 65_536);
  for (const [options, frame, takes] of [
    [server, small, true],
    [{ ...server, highWaterBytes: 1_000_000, fragmentBytes: 1_000_000 }, largest, true],
    [{ ...server, highWaterBytes: 1_000_000, fragmentBytes: 1_000_000 }, larger, false],
    [{ ...server, highWaterBytes: 4 }, small, false],
    [{ ...server, fragmentBytes: 4 }, small, false],
    [{ ...server, role: "client" }, small, false],
  ] as const) {
    assert.equal(new Bare(options).takes(frame), takes);
  }
  assert.equal(new Bare(server, Write.Taken, true).takes(small), false);
});

test("bytes that the transport does not take at once hold the next frame and the next ping back", () => {
  const connection = new Bare({ ...server, heartbeat }, Write.Pending);
  connection.send(small);
  assert.deepEqual(connection.state, { ...quiet, looseBytes: 5 });
  connection.send(small);
  assert.equal(connection.ping(1), false);
  assert.deepEqual(connection.state, { ...quiet, looseBytes: 5, hasUnsent: true });
  assert.deepEqual(connection.written, ["\x81\x03one"]);
});

test("a frame that the transport takes leaves nothing behind", () => {
  const connection = new Bare(server);
  connection.send(small);
  connection.send(small);
  assert.deepEqual(connection.state, quiet);
  assert.deepEqual(connection.written, ["\x81\x03one", "\x81\x03one"]);
});

test("a server pings and is due again at the sooner of interval and timeout; not again before the pong (R10)", () => {
  for (const timeoutMs of [40, 80]) {
    const connection = new Bare({ ...server, heartbeat: { intervalMs: 60, timeoutMs } });
    assert.equal(connection.ping(1000), true);
    assert.deepEqual(connection.state, { ...quiet, wakeAt: 1000 + Math.min(60, timeoutMs), hasBeat: true });
    assert.equal(connection.ping(1001), false);
    assert.deepEqual(
      connection.written.map((frame) => [frame.slice(0, 2), frame.length]),
      [["\x89\x08", 10]],
    );
  }
});

test("a client, heartbeats in texts, and none at all are left to a machine", () => {
  for (const options of [
    server,
    { ...server, role: "client", heartbeat },
    { ...server, heartbeat: { ...heartbeat, text: "ping" } },
  ] as const) {
    const connection = new Bare(options);
    assert.equal(connection.ping(1000), false);
    assert.deepEqual([connection.state, connection.written], [quiet, []]);
  }
});

test("the pong alone is taken, gives the round trip, and the next ping is due an interval after the last (RFC 6455 §5.5.3)", () => {
  const connection = new Bare({ ...server, heartbeat });
  const sentAt = performance.now() - 5;
  connection.ping(sentAt);
  const pong = maskedFrame(10, Buffer.from(connection.written[0]?.slice(2) ?? "", "latin1"));
  for (const other of [maskedFrame(10, "mine"), pong.subarray(1), Buffer.concat([pong, pong])])
    assert.equal(connection.answers(other), false);
  assert.equal(connection.roundTrip, undefined);
  assert.equal(connection.answers(pong), true);
  assert.deepEqual(connection.state, { ...quiet, wakeAt: sentAt + 60 });
  assert.ok(connection.roundTrip !== undefined && connection.roundTrip >= 5);
});
