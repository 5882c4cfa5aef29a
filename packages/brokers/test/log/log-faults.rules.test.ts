// Two hubs on a log in memory, under the faults that a log can have, judged by the history checker. The real engines: conformance/engines.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Hub, type Page, type Position } from "@openline/hub";
import { assertHistory, Ear, type HistoryCounts, HubStation, type Observation, seeded, Workload } from "@openline/hub/testing";
import { LogBroker } from "../../src/log/log-broker.ts";
import { MemoryLog } from "../support/memory-log.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock, until } from "../support/system-clock.ts";

const watchdogMs = 600;

/** A busy machine may take longer over the first connection than the watchdog of these tests has patience. */
async function node(t: TestContext, log: MemoryLog, patienceMs = 1_000, tries = 10): Promise<LogBroker> {
  const broker = new LogBroker({
    open: log.open,
    shown: "the log in memory",
    partitions: 2,
    clock: systemClock,
    ids: randomIds,
    readBackMs: 3_600_000,
    heartbeatMs: 500,
    watchdogMs,
    patienceMs,
    log: () => {},
  });
  t.after(() => broker.close());
  try {
    await broker.start();
  } catch (error) {
    if (tries === 1) throw error;
    return await node(t, log, patienceMs, tries - 1);
  }
  return broker;
}

/** Runs users against two hubs while something befalls the log, and judges what they saw. */
async function judge(
  t: TestContext,
  seed: number,
  befall: (log: MemoryLog, random: () => number, flow: () => Promise<void>) => Promise<void>,
): Promise<HistoryCounts> {
  const log = new MemoryLog(3, { seed, sparse: seed % 2 === 0 });
  const hubs: Hub[] = [];
  for (const name of ["E", "W"]) hubs.push(new Hub({ clock: systemClock, ids: randomIds, broker: await node(t, log), node: name }));
  t.after(() => hubs.forEach((hub) => hub.close()));
  const observations: Observation[] = [];
  const stations = [0, 1, 2, 3].map((index) => new HubStation(`c${index}`, () => hubs[index % 2] ?? assert.fail(), observations, Date.now));
  const workload = new Workload({ seed, stations, rooms: ["a", "b", "c"], pass: async (ms) => await delay(ms), stepMs: 5 });
  assert.ok(await workload.begin(60_000));
  const flow = async (): Promise<void> => {
    for (let step = 0; step < 30; step++) await workload.step();
  };
  await flow();
  await befall(log, seeded(seed + 1_000), flow);
  await flow();
  assert.ok(await workload.calm(120_000), `seed ${seed}: not everybody came to rest`);
  const { counts } = assertHistory(observations, `seed ${seed}`);
  t.diagnostic(`seed ${seed}: ${JSON.stringify(counts)}`);
  assert.ok(counts.acknowledged > 30, JSON.stringify(counts));
  return counts;
}

const seeds = Number(process.env["OPENLINE_SEEDS"] ?? 2);
const firstSeed = Number(process.env["OPENLINE_SEED"] ?? 1);

for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  test(`contract 1 to 4, seed ${seed}: connections are cut again and again: nothing is lost, nobody is told anything`, async (t) => {
    const { insufficient, lostButTold } = await judge(t, seed, async (log, random, flow) => {
      for (let round = 0; round < 6; round++) {
        if (random() < 0.5) log.cut();
        else log.sessions[Math.floor(random() * log.sessions.length)]?.cut();
        if (random() < 0.3) await flow();
        else await delay(random() * 60);
      }
    });
    assert.deepEqual([insufficient, lostButTold], [0, 0]);
  });

  test(`contract 1 to 4, seed ${seed}: the log hangs longer than the watchdog waits: nothing is lost`, async (t) => {
    const { insufficient, lostButTold } = await judge(t, seed, async (log, _random, flow) => {
      log.isHung = true;
      await flow();
      await delay(2 * watchdogMs);
      log.isHung = false;
    });
    assert.deepEqual([insufficient, lostButTold], [0, 0]);
  });

  test(`contract 2, seed ${seed}: the log falls back to an older copy: whoever saw more is told`, async (t) => {
    const { insufficient, notRecovered, lostButTold } = await judge(t, seed, async (log, _random, flow) => {
      const copy = log.copy();
      await flow();
      await flow();
      log.fallBack(copy);
    });
    assert.ok(lostButTold > 0 && insufficient + notRecovered > 0, JSON.stringify({ insufficient, notRecovered, lostButTold }));
  });

  test(`contract 2, seed ${seed}: the log falls back and grows past the old end before any node looks: the record itself tells`, async (t) => {
    const { insufficient, lostButTold } = await judge(t, seed, async (log, _random, flow) => {
      const copy = log.copy();
      await flow();
      const ends = log.partitions.map(({ next }) => next);
      log.isRefusing = true;
      log.fallBack(copy);
      for (const [partition, end] of ends.entries())
        while ((log.partitions[partition]?.next ?? end) <= end + 5) log.put(partition, "?another history");
      log.isRefusing = false;
    });
    assert.ok(lostButTold > 0 && insufficient > 0, JSON.stringify({ insufficient, lostButTold }));
  });
}

test("contract 2: the oldest of the log is let go of while a node is away: it is told, and claims nothing of before", async (t) => {
  const log = new MemoryLog(3);
  const [here, there] = [await node(t, log, 60_000), await node(t, log, 60_000)];
  const retention = { messages: 100, bytes: 100_000, ageMs: 60_000 };
  const publish = async (from: LogBroker, data: number): Promise<void> => {
    const { outcome } = await from.publish("a", { content: `"data":${data}`, bytes: 8, time: data, retention });
    assert.equal(outcome, "stored");
  };
  const ear = new Ear();
  await here.subscribe("a", ear);
  await publish(here, 1);
  const before = (await here.read("a", { newest: 0 })).top;
  log.isRefusing = true;
  log.sessions[0]?.cut();
  for (let data = 2; data <= 50; data++) await publish(there, data);
  for (const partition of log.partitions) partition.records.splice(0, Math.max(0, partition.records.length - 10));
  log.isRefusing = false;
  await until("it is told", () => ear.events.includes("insufficient"), 60_000);
  const page = await here.read("a", { offset: before.offset });
  assert.equal(missedOf(page, before), "expired");
  // Time goes on: what may repeat something that is not there any more is over.
  await publish(there, 1_000_000);
  const { top } = await here.read("a", { newest: 0 });
  await publish(there, 1_000_001);
  await until("it comes", () => ear.contents.includes('"data":1000001'), 60_000);
  const newest = ear.messages.at(-1);
  assert.deepEqual([newest?.previous, newest?.position.epoch], [top, (await there.read("a", { newest: 0 })).top.epoch]);
});

function missedOf(page: Page, position: Position): string {
  return page.messages.some((message) => message.position.tag === position.tag) || page.floor <= position.offset ? "there" : "expired";
}
