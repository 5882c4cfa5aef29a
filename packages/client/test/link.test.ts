import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { closeTable, closeTexts, errorTable } from "@openline/wire";
import { Link } from "../src/link.ts";
import type { ClientOptions } from "../src/options.ts";
import { resolveOptions } from "../src/options.ts";
import { connected, FakePlatform, FakeSocket } from "./fake-platform.ts";

interface Stage {
  readonly platform: FakePlatform;
  readonly link: Link;
  /** What the link told, in order. */
  readonly log: string[];
}

function stage(options: ClientOptions = {}): Stage {
  const platform = new FakePlatform();
  const log: string[] = [];
  const open = (): FakeSocket => {
    const socket = new FakeSocket("ws://hub.test/hub");
    platform.sockets.push(socket);
    return socket;
  };
  const link = new Link(platform, resolveOptions(options), open, {
    up: () => log.push("up"),
    message: ({ type }) => log.push(`message ${type}`),
    down: () => log.push("down"),
    fault: ({ code }) => log.push(`fault ${code}`),
    closed: () => log.push("closed"),
    state: (state, { cause, retryInMs }) => log.push(["state", state, cause, retryInMs].filter((part) => part !== undefined).join(" ")),
  });
  link.connect();
  return { platform, link, log };
}

function up(options: ClientOptions = {}): Stage {
  const made = stage(options);
  made.platform.establish();
  made.log.length = 0;
  return made;
}

test("the first message is connect, with user and token when there are some (wire, From the client)", () => {
  const { platform, log } = stage({ user: "Ada", token: "t" });
  platform.establish();
  assert.deepEqual(platform.socket.sent, [{ type: "connect", ref: 0, version: 1, user: "Ada", token: "t" }]);
  assert.deepEqual(log, ["state connecting", "up", "state connected"]);
});

test("after a loss connect carries the session, so that the server can resume it (wire, Recovery 2)", () => {
  const { platform, link } = up();
  platform.reconnect();
  assert.deepEqual(platform.socket.last("connect").session, { id: "s1", resume: "secret1" });
  assert.equal(link.sessionId, "s1");
});

for (const [code, rule] of Object.entries(closeTable)) {
  test(`close code ${code} (${closeTexts[Number(code)]}): reconnect ${rule.reconnect} (wire, Close codes)`, () => {
    const { platform, link, log } = up();
    platform.socket.closed(Number(code), "why");
    if (rule.reconnect === "no") {
      assert.deepEqual(log, ["closed", "state closed close"]);
      platform.clock.advance(3_600_000);
      assert.equal(platform.sockets.length, 1);
    } else {
      const waitMs = rule.reconnect === "later" ? 45_000 : 250;
      assert.deepEqual(log, ["down", `state waiting close ${waitMs}`]);
      platform.clock.advance(waitMs);
      assert.equal(link.state, "connecting");
    }
  });
}

test("the waits grow with every attempt that fails, and no two attempts overlap", () => {
  const { platform, log } = up();
  const waits = Array.from({ length: 8 }, () => {
    platform.socket.closed(1006);
    const waitMs = Number(log.at(-1)?.split(" ").at(-1));
    platform.clock.advance(waitMs);
    return waitMs;
  });
  assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  assert.equal(platform.sockets.length, 9);
});

test("L: error, close and heartbeat time-out together lead to one reconnect", () => {
  const { platform, log } = up();
  const { socket } = platform;
  platform.clock.advance(25_000);
  assert.equal(socket.count("ping"), 1);
  socket.error();
  socket.closed(1006);
  platform.clock.advance(9_000);
  socket.error();
  socket.closed(1006);
  assert.deepEqual(log, ["down", "state waiting close 250", "state connecting"]);
  assert.equal(platform.sockets.length, 2);
});

test("a dead line is found by the heartbeat, and the old socket's late events disturb nothing", () => {
  const { platform, link, log } = up();
  const old = platform.socket;
  platform.clock.advance(35_250);
  platform.establish({ resumed: true });
  old.receive(connected({ session: { id: "other", resume: "x" } }));
  old.closed(4405);
  assert.deepEqual(log, ["down", "state waiting heartbeat-timeout 250", "state connecting", "up", "state connected"]);
  assert.deepEqual([link.state, link.sessionId, old.terminated], ["connected", "s1", true]);
});

test("the options' intervals are proposed to the server, and what it answers holds; how long to wait for an answer is the client's own (wire, Heartbeat)", () => {
  const { platform, link } = stage({ heartbeat: { intervalMs: 500, timeoutMs: 300 } });
  platform.establish({ heartbeat: { intervalMs: 1_000, timeoutMs: 10_000, hiddenIntervalMs: 2_000 } });
  assert.deepEqual(platform.socket.last("connect").heartbeat, { intervalMs: 500 });
  platform.clock.advance(999);
  assert.equal(platform.socket.count("ping"), 0);
  platform.clock.advance(1);
  assert.equal(platform.socket.count("ping"), 1);
  platform.clock.advance(300);
  assert.equal(link.state, "waiting");
});

test("without wishes nothing is proposed", () => {
  const { platform } = up();
  assert.equal(platform.socket.last("connect").heartbeat, undefined);
});

test("a ping of the server is answered with its ref (wire, Heartbeat)", () => {
  const { platform, log } = up();
  platform.socket.receive({ type: "ping", ref: 7 });
  platform.socket.receive({ type: "ping" });
  assert.deepEqual(platform.socket.sent.slice(1), [{ type: "pong", ref: 7 }, { type: "pong" }]);
  assert.deepEqual(log, []);
});

test("an attempt that hangs is given up, and the next one comes", () => {
  const { platform, log } = stage();
  platform.clock.advance(10_250);
  assert.deepEqual(log, ["state connecting", "state waiting connect-timeout 250", "state connecting"]);
});

for (const [code, rule] of Object.entries(errorTable)) {
  if (rule.closeCode !== undefined) continue;
  test(`connect answered with ${code} (retry: ${rule.retry}) ${rule.retry === "no" ? "closes the client" : "is tried again"}`, () => {
    const { platform, link } = stage();
    platform.socket.open();
    platform.socket.receive({ type: "error", ref: 0, code, message: "why", retryAfterMs: 5_000 });
    assert.equal(link.state, rule.retry === "no" ? "closed" : "waiting");
    platform.clock.advance(4_999);
    assert.equal(platform.sockets.length, 1);
    platform.clock.advance(1);
    assert.equal(platform.sockets.length, rule.retry === "no" ? 1 : 2);
  });
}

test("an error that names a close code leaves the word to that close", () => {
  const { platform, link, log } = stage();
  platform.socket.open();
  platform.socket.receive({ type: "error", ref: 0, code: "unauthorized", message: "expired" });
  assert.equal(link.state, "connecting");
  platform.socket.closed(4403, "unauthorized");
  assert.deepEqual(log.at(-1), "state closed close");
});

test("a server that names a time is not visited before it", () => {
  const { platform, log } = up();
  platform.socket.receive({ type: "error", code: "rate-limited", message: "slow down", retryAfterMs: 20_000 });
  platform.socket.closed(1013);
  platform.socket.closed(1013);
  assert.equal(log.at(-1), "state waiting close 45000");
  const other = up();
  other.platform.socket.receive({ type: "error", code: "rate-limited", message: "slow down", retryAfterMs: 20_000 });
  other.platform.socket.closed(1006);
  assert.equal(other.log.at(-1), "state waiting close 20000");
});

test("interrupt breaks the transport without 1000 and 1001 and comes back after the time it was given", () => {
  const { platform, link, log } = up();
  const { socket } = platform;
  link.interrupt(5_000);
  assert.deepEqual(log, ["down", "state waiting interrupt 5000"]);
  assert.equal(socket.terminated, true);
  platform.network?.online();
  platform.clock.advance(4_999);
  assert.equal(platform.sockets.length, 1);
  platform.clock.advance(1);
  assert.equal(platform.sockets.length, 2);
  platform.establish({ resumed: true });
  link.interrupt(undefined);
  assert.equal(log.at(-1), "state waiting interrupt 250");
});

test("interrupt while waiting takes the wait's place; idle and closed it does nothing", () => {
  const { platform, link, log } = up();
  platform.socket.closed(1006);
  link.interrupt(60_000);
  assert.equal(log.at(-1), "state waiting interrupt 60000");
  link.close();
  log.length = 0;
  link.interrupt(1);
  assert.deepEqual([log, platform.clock.pending], [[], 0]);
});

test("connect while waiting does not wait", () => {
  const { platform, link } = up();
  link.interrupt(60_000);
  link.connect();
  assert.deepEqual([link.state, platform.sockets.length, platform.clock.pending], ["connecting", 2, 1]);
});

test("offline breaks the connection at once, online reconnects at once", () => {
  const { platform, log } = up();
  platform.network?.offline();
  assert.deepEqual(log, ["down", "state waiting offline 250"]);
  platform.network?.online();
  assert.equal(log.at(-1), "state connecting");
  assert.equal(platform.sockets.length, 2);
  platform.network?.online();
  assert.equal(platform.sockets.length, 2);
});

test("close ends the session with 1000 and leaves no timer and no subscription", () => {
  const { platform, link, log } = up();
  link.close();
  link.close();
  assert.deepEqual(log, ["closed", "state closed application"]);
  assert.deepEqual([platform.socket.closedWith?.code, platform.clock.pending, platform.network], [1000, 0, undefined]);
  assert.equal(link.sessionId, undefined);
  assert.equal(link.send("x"), false);
});

test("after the end connect begins anew, with a new session", () => {
  const { platform, link } = up();
  link.close();
  link.connect();
  platform.establish({ session: { id: "s2", resume: "x" } });
  assert.equal(platform.socket.last("connect").session, undefined);
  assert.deepEqual([link.state, link.sessionId], ["connected", "s2"]);
});

test("where no socket can be made, connect throws and the link is closed", () => {
  const platform = new FakePlatform();
  const silent = {
    up: () => undefined,
    message: () => undefined,
    down: () => undefined,
    closed: () => undefined,
    fault: () => undefined,
    state: () => undefined,
  };
  const link = new Link(platform, resolveOptions({}), () => assert.fail("none here"), silent);
  assert.throws(() => link.connect(), /bad-url: .*none here/);
  assert.deepEqual([link.state, platform.network, platform.clock.pending], ["closed", undefined, 0]);
});

test("R15: a token that is fetched is asked for anew for each connection, and sent ahead of its end over the one that is up", async () => {
  let count = 0;
  const { platform, log } = stage({ token: async () => `t${++count}` });
  platform.socket.open();
  await settle();
  assert.equal(platform.socket.last("connect").token, "t1");
  platform.socket.receive(connected({ expiresInMs: 10_000 }));
  await platform.clock.advanceAsync(8_000);
  assert.deepEqual(platform.socket.last("refresh"), { type: "refresh", ref: 0, token: "t2" });
  platform.socket.receive({ type: "refreshed", ref: 0, expiresInMs: 20_000 });
  await platform.clock.advanceAsync(16_000);
  assert.equal(platform.socket.last("refresh").token, "t3");
  platform.socket.receive({ type: "error", ref: 0, code: "internal", message: "the keys cannot be had" });
  await platform.clock.advanceAsync(1_000);
  assert.equal(platform.socket.last("refresh").token, "t4");
  platform.socket.closed(4504, "token-expired");
  await platform.clock.advanceAsync(250);
  platform.socket.open();
  await settle();
  assert.equal(platform.socket.last("connect").token, "t5");
  assert.ok(!log.some((line) => line.startsWith("closed") || line.startsWith("fault")));
});

test("a token that cannot be fetched is told, and fetched again with the next attempt", async () => {
  let isDown = true;
  const { platform, link, log } = stage({ token: () => (isDown ? Promise.reject(new Error("no network")) : Promise.resolve("t")) });
  platform.socket.open();
  await settle();
  assert.deepEqual(log, ["state connecting", "fault token-failed", "state waiting token-failed 250"]);
  isDown = false;
  await platform.clock.advanceAsync(250);
  platform.socket.open();
  await settle();
  assert.equal(platform.socket.last("connect").token, "t");
  assert.equal(link.state, "connecting");
});

test("an empty token from the function is no token, and one that comes after the connection broke is not sent", async () => {
  const { platform, log } = stage({ token: () => "" });
  platform.socket.open();
  await settle();
  assert.ok(log.includes("fault token-failed"));
  let give: (token: string) => void = () => undefined;
  const late = stage({ token: () => new Promise((resolve) => (give = resolve)) });
  late.platform.socket.open();
  late.platform.socket.closed(1006);
  give("late");
  await settle();
  assert.deepEqual(late.platform.socket.sent, []);
});

test("R15: 4504 with a token that never changes ends in closed: it would be as old the next time (wire, Close codes)", () => {
  const { platform, link } = up({ token: "t" });
  platform.socket.closed(4504, "token-expired");
  assert.equal(link.state, "closed");
  const cookie = up();
  cookie.platform.socket.closed(4504, "token-expired");
  assert.equal(cookie.link.state, "waiting");
});

test("O: where the server wants it, the token goes along with every message, the newest one (wire, Tokens)", async () => {
  let count = 0;
  const { platform, link } = stage({ token: () => `t"${++count}`, tokenInEachMessage: true });
  platform.socket.open();
  await settle();
  platform.socket.receive(connected({ expiresInMs: 10_000 }));
  link.send('{"type":"leave","ref":7,"room":"a"}');
  assert.deepEqual(platform.socket.sent.at(-1), { type: "leave", ref: 7, room: "a", token: 't"1' });
  await platform.clock.advanceAsync(8_000);
  link.send('{"type":"leave","ref":8,"room":"a"}');
  assert.equal(platform.socket.sent.at(-1)?.token, 't"2');
  assert.equal(link.tokenBytes, '"token":"t\\"2"'.length);
  assert.equal(up({ token: "t" }).link.tokenBytes, 0);
});

test("a hidden page of a server that names no interval for it is asked after three; shown, it is asked at once", () => {
  const { platform } = up();
  platform.isHidden = true;
  platform.network?.visibility();
  platform.clock.advance(60_000);
  assert.equal(platform.socket.count("ping"), 0);
  platform.isHidden = false;
  platform.network?.visibility();
  assert.equal(platform.socket.count("ping"), 1);
});

test("a hidden page is asked after the server's interval for it", () => {
  const { platform } = stage();
  platform.isHidden = true;
  platform.establish({ heartbeat: { intervalMs: 1_000, timeoutMs: 10_000, hiddenIntervalMs: 5_000 } });
  platform.clock.advance(4_999);
  assert.equal(platform.socket.count("ping"), 0);
  platform.clock.advance(1);
  assert.equal(platform.socket.count("ping"), 1);
});

test("while a page is shown that waits, the next attempt comes at once; hiding it changes nothing", () => {
  const { platform, link } = up();
  platform.socket.closed(1006);
  platform.isHidden = true;
  platform.network?.visibility();
  assert.equal(link.state, "waiting");
  platform.isHidden = false;
  platform.network?.visibility();
  assert.equal(link.state, "connecting");
});

test("a page that is shown does not come before the time that the server named", () => {
  const { platform, link } = up();
  platform.socket.receive({ type: "error", code: "rate-limited", message: "slowly", retryAfterMs: 5_000 });
  platform.socket.closed(1013);
  platform.network?.visibility();
  assert.equal(link.state, "waiting");
});
