import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { Connection } from "../src/connection.ts";
import { connected, FakeSocket } from "./fake-platform.ts";

interface Stage {
  readonly clock: FakeClock;
  readonly socket: FakeSocket;
  readonly connection: Connection;
  readonly log: string[];
}

function stage({ established = true } = {}): Stage {
  const clock = new FakeClock(0);
  const socket = new FakeSocket("ws://hub.test/hub");
  const log: string[] = [];
  const connection = new Connection(() => socket, clock, 10_000, {
    opened: () => log.push("opened"),
    message: ({ type }) => log.push(type),
    ended: ({ cause, code, reason }) => log.push(`ended ${cause} ${code} ${reason}`),
  });
  if (established) {
    socket.open();
    connection.established({ intervalMs: 25_000, timeoutMs: 10_000, hiddenIntervalMs: 75_000 }, 1, () => false);
    log.length = 0;
  }
  return { clock, socket, connection, log };
}

test("L: error, close and heartbeat time-out together end the connection once", () => {
  const { clock, socket, log } = stage();
  clock.advance(34_999);
  socket.error();
  socket.closed(1006);
  clock.advance(1);
  socket.error();
  clock.advance(60_000);
  assert.deepEqual(log, ["ended close 1006 "]);
  assert.equal(clock.pending, 0);
});

const orders: readonly (readonly ("error" | "close" | "timeout")[])[] = [
  ["error", "close", "timeout"],
  ["error", "timeout", "close"],
  ["close", "error", "timeout"],
  ["close", "timeout", "error"],
  ["timeout", "error", "close"],
  ["timeout", "close", "error"],
];

for (const order of orders) {
  test(`L: ${order.join(", then ")}: one end`, () => {
    const { clock, socket, log } = stage();
    for (const event of order) {
      if (event === "error") socket.error();
      else if (event === "close") socket.closed(1006);
      else clock.advance(35_000);
    }
    assert.equal(log.filter((line) => line.startsWith("ended")).length, 1);
  });
}

test("an attempt that hangs is given up after the connect time-out", () => {
  const { clock, socket, log } = stage({ established: false });
  clock.advance(9_999);
  assert.deepEqual(log, []);
  clock.advance(1);
  assert.deepEqual(log, ["ended connect-timeout 1006 connect-timeout"]);
  assert.equal(socket.terminated, true);
});

test("the connect time-out counts until the server has answered connect, not until the socket is open", () => {
  const { clock, socket, log } = stage({ established: false });
  socket.open();
  clock.advance(10_000);
  assert.deepEqual(log, ["opened", "ended connect-timeout 1006 connect-timeout"]);
});

test("an error without a close ends the connection a second later; with one, the close code counts", () => {
  const silent = stage();
  silent.socket.error();
  silent.clock.advance(1_000);
  assert.deepEqual(silent.log, ["ended close 1006 error"]);
  const telling = stage();
  telling.socket.error();
  telling.socket.closed(4403, "unauthorized");
  assert.deepEqual(telling.log, ["ended close 4403 unauthorized"]);
});

test("what a socket says after the end is not heard", () => {
  const { socket, connection, log } = stage();
  connection.abandon("interrupt");
  log.length = 0;
  socket.open();
  socket.receive(connected());
  socket.error();
  socket.closed(4403);
  connection.abandon("offline");
  connection.send("x");
  assert.deepEqual(log, []);
  assert.deepEqual(socket.texts, []);
});

test("a socket without terminate is closed with 4500, which is neither 1000 nor 1001 and so keeps the session (wire, Sessions and presence)", () => {
  const { socket, connection } = stage();
  Object.defineProperty(socket, "terminate", { value: undefined });
  connection.abandon("interrupt");
  assert.deepEqual(socket.closedWith, { code: 4500, reason: "coming back" });
});

test("closing in good order uses 1000 and tells nothing", () => {
  const { clock, socket, connection, log } = stage();
  connection.close();
  socket.closed(1000);
  assert.deepEqual([socket.closedWith?.code, log, clock.pending], [1000, [], 0]);
});

test("a send that throws ends the connection", () => {
  const { socket, connection, log } = stage();
  socket.close();
  connection.sendMessage({ type: "ping" });
  assert.deepEqual(log, ["ended close 1006 close"]);
});

const strange: readonly [name: string, data: unknown, ended: boolean][] = [
  ["a text that is not JSON", "{", true],
  ["a message with a wrong field", '{"type":"message","room":1}', true],
  ["a binary message", new Uint8Array(3), true],
  ["a type of a newer server", '{"type":"gift","ref":1}', false],
];

for (const [name, data, ended] of strange) {
  test(`${name} ${ended ? "breaks the connection: a message may be hidden in it, and recovery brings it again" : "is passed over"}`, () => {
    const { socket, log } = stage();
    socket.receiveText(data);
    assert.equal(
      log.some((line) => line.startsWith("ended bad-server-message 1006")),
      ended,
    );
  });
}
