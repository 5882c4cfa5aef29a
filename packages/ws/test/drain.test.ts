import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { DeadlineQueue } from "../src/deadline-queue.ts";
import { checkDrainOptions, type Drained, type DrainOptions, type DrainOutcome, drainSockets } from "../src/drain.ts";
import { WebSocket } from "../src/websocket.ts";
import { closed, listen, openPair } from "./fixtures/pair.ts";
import { rawConnect, rawUpgrade, readAll } from "./fixtures/raw-client.ts";

/** A socket that closes when told, or never. */
class Fake extends EventEmitter {
  readonly log: string[];
  readonly name: string;
  readonly isStuck: boolean;
  constructor(log: string[], name: string, isStuck = false) {
    super();
    this.log = log;
    this.name = name;
    this.isStuck = isStuck;
  }
  send(text: unknown): boolean {
    this.log.push(`${this.name} told ${String(text)}`);
    return true;
  }
  close(code?: number, reason?: unknown): void {
    this.log.push(`${this.name} closed ${code} ${String(reason)}`);
    if (!this.isStuck) this.emit("close");
  }
  terminate(): void {
    this.log.push(`${this.name} terminated`);
    this.emit("close");
  }
}

interface Setup {
  readonly clock: FakeClock;
  readonly log: string[];
  readonly sockets: Fake[];
  outcome: DrainOutcome | undefined;
}

async function drainFakes(count: number, options: DrainOptions, stuck: readonly number[] = []): Promise<Setup> {
  const clock = new FakeClock();
  const log: string[] = [];
  const sockets = Array.from({ length: count }, (_, at) => new Fake(log, String(at), stuck.includes(at)));
  const setup: Setup = { clock, log, sockets, outcome: undefined };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- stands for a socket as far as a drain looks
  void drainSockets(sockets as unknown as Drained[], options, { clock, queue: new DeadlineQueue(clock) }).then((outcome) => {
    setup.outcome = outcome;
    return outcome;
  });
  await settle();
  return setup;
}

test("R5: closes are spread evenly over the window, one timer for all", async () => {
  const setup = await drainFakes(4, { code: 1012, reason: "restart", staggerMs: 1000 });
  assert.deepEqual(setup.log, ["0 closed 1012 restart"]);
  assert.equal(setup.clock.pending, 1);
  await setup.clock.advanceAsync(250);
  assert.equal(setup.log.length, 2);
  await setup.clock.advanceAsync(499);
  assert.equal(setup.log.length, 3);
  assert.equal(setup.outcome, undefined);
  await setup.clock.advanceAsync(1);
  assert.deepEqual(setup.outcome, { closed: 4, terminated: 0 });
  assert.equal(setup.clock.pending, 0);
});

test("R8: without a window all are closed at once, with 1001; what is left at the deadline is terminated", async () => {
  const setup = await drainFakes(3, { deadlineMs: 500 }, [1]);
  assert.deepEqual(setup.log, ["0 closed 1001 ", "1 closed 1001 ", "2 closed 1001 "]);
  await setup.clock.advanceAsync(499);
  assert.equal(setup.outcome, undefined);
  await setup.clock.advanceAsync(1);
  assert.equal(setup.log.at(-1), "1 terminated");
  assert.deepEqual(setup.outcome, { closed: 2, terminated: 1 });
});

test("a deadline before the window's end cuts those whose turn has not come", async () => {
  const setup = await drainFakes(4, { staggerMs: 1000, deadlineMs: 300 });
  await setup.clock.advanceAsync(300);
  assert.deepEqual(setup.log.slice(-2), ["2 terminated", "3 terminated"]);
  assert.deepEqual(setup.outcome, { closed: 2, terminated: 2 });
});

test("advice goes out right before the close frame; a function gives each socket its own, or none", async () => {
  const { log } = await drainFakes(2, { advice: "come back in 5 s" });
  assert.deepEqual(log.slice(0, 2), ["0 told come back in 5 s", "0 closed 1001 "]);
  let count = 0;
  const { log: own } = await drainFakes(2, { advice: () => (count++ === 0 ? "you first" : undefined) });
  assert.deepEqual(own, ["0 told you first", "0 closed 1001 ", "1 closed 1001 "]);
});

test("one that closes by itself before its turn is left alone; no sockets are no wait", async () => {
  const setup = await drainFakes(2, { staggerMs: 1000 });
  setup.sockets[1]?.emit("close");
  await settle();
  assert.deepEqual(setup.outcome, { closed: 2, terminated: 0 });
  assert.equal(setup.clock.pending, 0);
  assert.deepEqual((await drainFakes(0, {})).outcome, { closed: 0, terminated: 0 });
});

test("options that cannot be are named", () => {
  assert.throws(() => checkDrainOptions({ code: 1005 }), { code: "USAGE_CLOSE_CODE" });
  assert.throws(() => checkDrainOptions({ reason: "x".repeat(124) }), { code: "USAGE_CLOSE_REASON" });
  assert.throws(() => checkDrainOptions({ staggerMs: -1 }), /staggerMs is -1/);
  assert.throws(() => checkDrainOptions({ deadlineMs: 0 }), /deadlineMs is 0/);
});

test("R8: server.close({ … }) takes nothing more, tells its clients 1012 with advice, cuts the stuck one, and resolves", async (t) => {
  const { server, port, url } = await listen(t);
  const client = new WebSocket(url);
  const end = closed(client);
  const texts: string[] = [];
  client.on("message", (data) => texts.push(String(data)));
  await once(client, "open");
  const stuck = await rawUpgrade(t, port);
  // A request that never comes to its end would hold an http server too.
  (await rawConnect(t, port)).write("GET / HTTP/1.1\r\n");
  stuck.pause();
  const closing = server.close({ code: 1012, reason: "restart", advice: "back in a second", deadlineMs: 1_500 });
  await assert.rejects(rawUpgrade(t, port));
  assert.deepEqual(await end, [1012, "restart"]);
  assert.deepEqual(texts, ["back in a second"]);
  assert.deepEqual(await closing, { closed: 1, terminated: 1 });
  assert.equal(server.clients.size, 0);
  assert.deepEqual(await server.close({}), { closed: 0, terminated: 0 });
});

test("wrong options leave the server as it is; close(callback) and close() are those of ws", async (t) => {
  const { server, client } = await openPair(t);
  await assert.rejects(server.close({ code: 1 }), { code: "USAGE_CLOSE_CODE" });
  assert.equal(client.readyState, 1);
  assert.notEqual(server.address(), null);
  assert.equal(server.close(), undefined);
  assert.equal(client.readyState, 1);
  client.terminate();
  const { server: untracked } = await listen(t, { clientTracking: false });
  await assert.rejects(untracked.close({}), /clientTracking/);
});

test("a handshake that is under way while the server drains is answered 503", async (t) => {
  let goOn = (): void => undefined;
  const wait = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const { server, port } = await listen(t, {
    handshakeChecks: [
      async () => {
        await wait;
        return undefined;
      },
    ],
  });
  const raw = await rawConnect(t, port);
  raw.write(
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  await new Promise((resolve) => setTimeout(resolve, 30));
  const closing = server.close({});
  goOn();
  assert.match(await readAll(raw), /^HTTP\/1\.1 503 /);
  await closing;
});
