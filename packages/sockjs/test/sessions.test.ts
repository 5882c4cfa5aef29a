import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { type ConnectionProtocol, type ConnectionSource, SockjsConnection } from "../src/connection.ts";
import { completeOptions, type SockjsOptions } from "../src/options.ts";
import type { Receiver } from "../src/receiver.ts";
import { Sessions } from "../src/sessions.ts";

const source = (protocol: ConnectionProtocol): ConnectionSource => ({
  protocol,
  remoteAddress: undefined,
  remotePort: undefined,
  address: { address: undefined, port: undefined },
  headers: {},
  url: "/",
  pathname: "/",
  prefix: "",
  context: undefined,
});

function stream(): Receiver & { frames: string[] } {
  const frames: string[] = [];
  return {
    frames,
    isBlocked: false,
    bufferedBytes: 0,
    send: (frame) => frames.push(frame) > 0,
    end: () => undefined,
    destroy: () => undefined,
  };
}

function begin(options: SockjsOptions = {}): { clock: FakeClock; sessions: Sessions; seen: SockjsConnection[] } {
  const clock = new FakeClock(0);
  const seen: SockjsConnection[] = [];
  const sessions = new Sessions(completeOptions({ clock, ...options }), (connection) => seen.push(connection));
  return { clock, sessions, seen };
}

test("a session is found by its id until it is gone; one without an id is not", async () => {
  const { clock, sessions } = begin();
  let released = 0;
  const session = sessions.create(source("xhr-polling"), { id: "a", release: () => released++ });
  sessions.create(source("websocket"));
  assert.equal(sessions.find("a"), session);
  assert.equal(sessions.count, 2);
  const poll = { ...stream(), send: () => false };
  session.attach(poll);
  clock.advance(5_000);
  assert.equal(sessions.find("a"), undefined);
  assert.equal(sessions.count, 1);
  assert.equal(released, 1);
});

test("places are counted, also of those who are being admitted: over the limit there is none (facts §12)", () => {
  const { sessions } = begin({ max_sessions: 2 });
  assert.equal(sessions.reserve("a"), true);
  assert.equal(sessions.reserve("a"), false);
  sessions.create(source("xhr-polling"), { id: "b" });
  assert.equal(sessions.isFull, true);
  sessions.release("a");
  assert.equal(sessions.isFull, false);
});

test("a WebSocket gets h frames only where they are asked for, other transports always (facts §10)", () => {
  for (const [options, protocol, expected] of [
    [{}, "websocket", ["o"]],
    [{ websocket_heartbeat: "frame" }, "websocket", ["o", "h"]],
    [{ heartbeat_reply_timeout: 100 }, "websocket", ["o", "h", 'c[3000,"No response from heartbeat"]']],
    [{}, "xhr-streaming", ["o", "h"]],
    [{ heartbeat_delay: 0 }, "xhr-streaming", ["o"]],
  ] as const) {
    const { clock, sessions } = begin(options);
    const receiver = stream();
    sessions.create(source(protocol)).attach(receiver);
    clock.advance(26_000);
    assert.deepEqual(receiver.frames, expected, `${JSON.stringify(options)} ${protocol}`);
  }
});

test("a listener that throws closes its connection with 1011 and is reported; the others go on", () => {
  const faults: unknown[] = [];
  const { sessions, seen } = begin({ on_error: (error) => faults.push(error) });
  const receiver = stream();
  const session = sessions.create(source("xhr-streaming"), { id: "a" });
  session.attach(receiver);
  seen[0]?.on("data", () => {
    throw new Error("thrown");
  });
  session.receive(["x"]);
  assert.deepEqual(receiver.frames, ["o", 'c[1011,"internal"]']);
  assert.match(String(faults[0]), /thrown/);
});

test("it tells when the last one is gone, raw WebSockets included", async () => {
  const { sessions } = begin();
  await sessions.empty();
  const raw = new SockjsConnection("id", source("websocket-raw"), {
    bufferedBytes: 0,
    write: () => true,
    close: () => true,
    destroy: () => sessions.leave(raw, 1006, ""),
  });
  sessions.enter(raw);
  sessions.create(source("xhr-streaming"), { id: "a" }).attach(stream());
  assert.deepEqual([sessions.count, [...sessions.connections].length], [2, 2]);
  const empty = sessions.empty();
  sessions.destroy();
  await empty;
  assert.equal(sessions.count, 0);
});
