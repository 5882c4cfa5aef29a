import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { after, before, type TestContext, test } from "node:test";
import { FaultProxy, noRabbit, type ServerProcess, startRabbit } from "@openline/testkit";
import * as driver from "amqplib";
import type { LogRecord, LogSession } from "../../src/log/log-session.ts";
import { type EngineEvent, openRabbitBroker, readRabbitAddress } from "../../src/rabbitmq/index.ts";
import { rabbitSessions } from "../../src/rabbitmq/rabbit-session.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock, until } from "../support/system-clock.ts";
import { timed } from "../support/timed.ts";

const skip = noRabbit === undefined ? {} : { skip: noRabbit };
let server: ServerProcess;
let count = 0;

before(async () => {
  if (noRabbit === undefined) server = await startRabbit();
});
after(async () => await server?.stop());

interface Ends {
  readonly session: LogSession;
  readonly signals: string[];
  readonly losses: unknown[];
}

async function open(t: TestContext, prefix: string, port: number = server.port): Promise<Ends> {
  const [signals, losses]: [string[], unknown[]] = [[], []];
  const address = readRabbitAddress(`amqp://127.0.0.1:${port}?prefix=${prefix}&partitions=1`);
  const connect = rabbitSessions(driver, address, undefined, 3_000);
  const session = await connect({ signal: (text) => signals.push(text), lost: (error) => losses.push(error) }, AbortSignal.timeout(60_000));
  t.after(() => session.destroy());
  return { session, signals, losses };
}

test("what is appended is read from any offset or moment on, in order, and bounds tell where it ends", skip, async (t) => {
  const { session } = await open(t, `s${++count}`);
  const from = Date.now();
  assert.deepEqual(await session.bounds(1), { first: 0, next: 1 });
  await Promise.all(Array.from({ length: 250 }, async (_, index) => await session.append(1, `naïve ${index}`)));
  const { next } = await session.bounds(1);
  assert.ok(next >= 252, String(next));
  const all: LogRecord[] = [];
  await session.tail(1, { since: from - 1_000 }, (records) => all.push(...records));
  await until("all come", () => all.filter(({ text }) => text.startsWith("naïve")).length === 250);
  assert.deepEqual(
    all.slice(1, 251).map(({ text }) => text),
    Array.from({ length: 250 }, (_, index) => `naïve ${index}`),
  );
  const some: LogRecord[] = [];
  const start = all[200]?.offset ?? 0;
  await session.tail(1, { offset: start }, (records) => some.push(...records));
  await until("the rest comes", () => some.length === all.length - 200);
  assert.deepEqual(some, all.slice(200));
});

test("what passes comes to all, oneself included, and the system's partition is one of its own", skip, async (t) => {
  const prefix = `s${++count}`;
  const [one, other] = [await open(t, prefix), await open(t, prefix)];
  for (let index = 0; index < 20; index++) one.session.signal(`日本 ${index}`);
  const expected = Array.from({ length: 20 }, (_, index) => `日本 ${index}`);
  await until("they come", () => one.signals.length === 20 && other.signals.length === 20);
  assert.deepEqual([one.signals, other.signals], [expected, expected]);
  await one.session.append(0, "system");
  assert.equal((await one.session.bounds(1)).next, 1);
});

test("when the connection breaks it is told once, and whoever waits at once", skip, async (t) => {
  const proxy = await FaultProxy.start(server.port);
  t.after(async () => await proxy.stop());
  const { session, losses } = await open(t, `s${++count}`, proxy.port);
  proxy.stall("down");
  const waiting = assert.rejects(session.append(1, "x"), /over/);
  proxy.cut();
  await waiting;
  await until("it is told", () => losses.length > 0);
  await assert.rejects(session.append(1, "x"), /over/);
  session.destroy();
  assert.equal(losses.length, 1);
});

test("credentials: a user and a password are given; others are refused in one line that does not show them", skip, async (t) => {
  const options = { clock: systemClock, ids: randomIds };
  const broker = await openRabbitBroker({ ...options, url: `amqp://guest:guest@127.0.0.1:${server.port}?prefix=s${++count}` });
  t.after(() => broker.close());
  await assert.rejects(
    openRabbitBroker({ ...options, url: `amqp://guest:wrong-word@127.0.0.1:${server.port}` }),
    (error: Error & { code?: string }) =>
      error.code === "unreachable" && /refuses the user name or password/.test(error.message) && !/wrong-word|\n/.test(error.message),
  );
});

test("a server that cannot be reached, or hangs amid the greeting, is told in one line, and no connection stays open", async (t) => {
  const options = { clock: systemClock, ids: randomIds, watchdogMs: 300 };
  await assert.rejects(openRabbitBroker({ ...options, url: "amqp://127.0.0.1:1" }), {
    code: "unreachable",
    message: /cannot use the RabbitMQ at/,
  });
  const sockets = new Set<Socket>();
  const mute = createServer((socket) => void sockets.add(socket.on("close", () => sockets.delete(socket)).on("error", () => {}))).listen(
    0,
    "127.0.0.1",
  );
  t.after(() => mute.close());
  await until("it listens", () => mute.listening);
  const { port } = mute.address() as { port: number };
  await assert.rejects(openRabbitBroker({ ...options, url: `amqp://127.0.0.1:${port}` }), { code: "unreachable" });
  await until("it is closed", () => {
    for (const socket of sockets) socket.resume();
    return sockets.size === 0;
  });
});

test("a RabbitMQ that stops answering is noticed within 5 s by the defaults, and used again when it answers", skip, async (t) => {
  const events: EngineEvent[] = [];
  const url = `amqp://127.0.0.1:${server.port}?prefix=s${++count}&partitions=1`;
  const broker = await openRabbitBroker({ url, clock: systemClock, ids: randomIds, log: (event) => events.push(event) });
  t.after(() => broker.close());
  server.signal("SIGSTOP");
  const isNoticed = (): boolean => events.some(({ type }) => type === "down");
  const { tookMs, lateMs } = await timed(async () => await until("the watchdog barks", isNoticed, 60_000));
  t.diagnostic(`noticed after ${Math.round(tookMs)} ms, of which this process stood still for ${Math.round(lateMs)} ms`);
  assert.ok(tookMs < 5_000 + 10 * lateMs, `noticed after ${tookMs} ms`);
  assert.equal(broker.isUp, false);
  server.signal("SIGCONT");
  await until("the link is up again", () => broker.isUp, 60_000);
});
