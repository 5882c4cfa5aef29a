// librdkafka's mock of Kafka: what it cannot show stands in docs/brokers/kafka.md.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, type TestContext, test } from "node:test";
import { KafkaMock, noKafka } from "@openline/testkit";
import * as driver from "kafka-ts";
import { type EngineEvent, openKafkaBroker } from "../../src/kafka/index.ts";
import { KafkaSession, readLayout } from "../../src/kafka/kafka-session.ts";
import type { LogRecord } from "../../src/log/log-session.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock, until } from "../support/system-clock.ts";
import { timed } from "../support/timed.ts";

const skip = noKafka === undefined ? {} : { skip: noKafka };
let mock: KafkaMock;
let count = 0;

before(async () => {
  if (noKafka === undefined) mock = await KafkaMock.start();
});
after(async () => await mock?.stop());

interface Ends {
  readonly session: KafkaSession;
  readonly signals: string[];
  readonly losses: unknown[];
}

async function open(t: TestContext, prefix: string): Promise<Ends> {
  const [signals, losses]: [string[], unknown[]] = [[], []];
  const client = driver.createKafkaClient({ bootstrapServers: [{ host: "127.0.0.1", port: mock.port }], requestTimeout: 2_000 });
  const [writing, reading] = [client.createCluster(), client.createCluster()];
  await Promise.all([writing.connect(), reading.connect()]);
  const events = { signal: (text: string) => signals.push(text), lost: (error: unknown) => losses.push(error) };
  const session = new KafkaSession(driver, writing, reading, await readLayout(driver, writing, prefix), events, {
    maxWaitMs: 20,
    acknowledgeMs: 2_000,
  });
  t.after(() => session.destroy());
  await session.prepare();
  return { session, signals, losses };
}

test("what is appended is read from any offset on, in order, in batches or not, and bounds tell where it ends", skip, async (t) => {
  const { session } = await open(t, `s${++count}`);
  assert.deepEqual(await session.bounds(1), { first: 0, next: 0 });
  const texts = Array.from({ length: 700 }, (_, index) => `naïve 日本 ${index}`);
  await Promise.all(texts.map(async (text) => await session.append(1, text)));
  await session.append(1, "last");
  assert.deepEqual(await session.bounds(1), { first: 0, next: 701 });
  const [all, some]: [LogRecord[], LogRecord[]] = [[], []];
  await session.tail(1, { offset: 0 }, (records) => all.push(...records));
  await until("all come", () => all.length === 701);
  assert.deepEqual(
    all.map(({ text }) => text),
    [...texts, "last"],
  );
  await session.tail(1, { offset: 650 }, (records) => some.push(...records));
  await until("the rest comes", () => some.length === 51);
  assert.deepEqual(some, all.slice(650));
});

test("what passes comes to all, oneself included, and the system's partition is one of its own", skip, async (t) => {
  const prefix = `s${++count}`;
  const [one, other] = [await open(t, prefix), await open(t, prefix)];
  const texts = Array.from({ length: 20 }, (_, index) => `日本 ${index}`);
  for (const text of texts) one.session.signal(text);
  await until("they come", () => one.signals.length === 20 && other.signals.length === 20);
  assert.deepEqual([one.signals, other.signals], [texts, texts]);
  await one.session.append(0, "system");
  assert.equal((await one.session.bounds(1)).next, 0);
});

test("when the connection breaks it is told once, and whoever waits at once", skip, async (t) => {
  const { session, losses } = await open(t, `s${++count}`);
  mock.refuse();
  t.after(() => mock.refuse(false));
  mock.cut();
  await assert.rejects(session.append(1, "x"));
  await until("it is told", () => losses.length > 0);
  await assert.rejects(session.append(1, "x"), /over/);
  session.destroy();
  assert.equal(losses.length, 1);
});

test("a server that cannot be reached, or hangs amid the greeting, is told in one line", async (t) => {
  const options = { clock: systemClock, ids: randomIds, watchdogMs: 300 };
  await assert.rejects(openKafkaBroker({ ...options, url: "kafka://u:hidden@127.0.0.1:1" }), (error: Error & { code?: string }) => {
    return (
      error.code === "unreachable" &&
      /^cannot use the Kafka at kafka:\/\/127\.0\.0\.1:1: .*$/.test(error.message) &&
      !/hidden/.test(error.message)
    );
  });
  const mute = createServer().listen(0, "127.0.0.1");
  t.after(() => mute.close());
  await until("it listens", () => mute.listening);
  const { port } = mute.address() as { port: number };
  await assert.rejects(openKafkaBroker({ ...options, url: `kafka://127.0.0.1:${port}` }), { code: "unreachable" });
});

test("a Kafka that stops answering is noticed within 5 s by the defaults, and used again when it answers", skip, async (t) => {
  const events: EngineEvent[] = [];
  const url = `kafka://127.0.0.1:${mock.port}?prefix=s${++count}`;
  const broker = await openKafkaBroker({ url, clock: systemClock, ids: randomIds, log: (event) => events.push(event) });
  t.after(() => broker.close());
  mock.signal("SIGSTOP");
  const isNoticed = (): boolean => events.some(({ type }) => type === "down");
  const { tookMs, lateMs } = await timed(async () => await until("the watchdog barks", isNoticed, 60_000));
  t.diagnostic(`noticed after ${Math.round(tookMs)} ms, of which this process stood still for ${Math.round(lateMs)} ms`);
  assert.ok(tookMs < 5_000 + 10 * lateMs, `noticed after ${tookMs} ms`);
  assert.equal(broker.isUp, false);
  mock.signal("SIGCONT");
  await until("the link is up again", () => broker.isUp, 60_000);
});
