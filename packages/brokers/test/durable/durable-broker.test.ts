import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Publication } from "@openline/hub";
import { brokerContract, Ear } from "@openline/hub/testing";
import { FakeClock, settle } from "@openline/testkit";
import { DurableBroker, type DurableBrokerOptions, type DurableEvent } from "../../src/durable/index.ts";
import { randomIds } from "../support/random-ids.ts";
import { scratch } from "../support/scratch.ts";

const retention = { messages: 10, bytes: 10_000, ageMs: 60_000 };

for (const durability of ["os", "fsync"] as const) {
  brokerContract({
    name: `durable (${durability})`,
    test,
    open: async () => {
      const clock = new FakeClock();
      const directory = mkdtempSync(join(tmpdir(), "openline-test-"));
      const broker = await DurableBroker.open({ directory, durability, clock, ids: randomIds });
      return {
        broker,
        other: broker,
        now: clock.now,
        pass: (ms) => clock.advanceAsync(ms),
        settle,
        close: async () => {
          broker.close();
          await broker.closed();
          rmSync(directory, { recursive: true });
        },
      };
    },
  });
}

interface Bench {
  readonly clock: FakeClock;
  readonly events: DurableEvent[];
  readonly open: (more?: Partial<DurableBrokerOptions>) => Promise<DurableBroker>;
}

function bench(context: TestContext): Bench {
  const clock = new FakeClock();
  const directory = scratch(context);
  const events: DurableEvent[] = [];
  const open = (more: Partial<DurableBrokerOptions> = {}): Promise<DurableBroker> =>
    DurableBroker.open({ directory, clock, ids: randomIds, log: (event) => events.push(event), ...more });
  return { clock, events, open };
}

const message = (time: number, more: Partial<Publication> = {}): Publication => ({
  content: '"data":1',
  bytes: 8,
  time,
  retention,
  ...more,
});

/** Time passes, and the sweep that falls due is done: it commits in LMDB's thread, and what is called after it is answered after it. */
async function sweep(clock: FakeClock, broker: DurableBroker, ms: number): Promise<void> {
  clock.advance(ms);
  await broker.rotate("nothing", "nothing");
}

async function shut(broker: DurableBroker): Promise<void> {
  broker.close();
  await broker.closed();
}

test("contract 2: after an orderly restart every position of before continues", async (t) => {
  const { clock, events, open } = bench(t);
  const first = await open();
  const ear = new Ear();
  const empty = (await first.subscribe("empty", ear)).top;
  for (let index = 0; index < 7; index++) await first.publish("a", message(clock.now(), { content: `"data":${index}` }));
  const before = await first.read("a", { offset: 0 });
  await shut(first);
  const second = await open();
  assert.deepEqual(await second.read("a", { offset: 0 }), before);
  assert.deepEqual((await second.read("empty", { offset: 0 })).top, empty);
  assert.deepEqual(events, []);
  await shut(second);
});

test("contract 3: publish ids are remembered across a restart, for their window", async (t) => {
  const { clock, open } = bench(t);
  const idempotency = { key: "i", fingerprint: "f", windowMs: 10_000 };
  const first = await open();
  const stored = await first.publish("a", message(clock.now(), { idempotency }));
  await shut(first);
  const second = await open();
  assert.deepEqual(await second.publish("a", message(clock.now(), { idempotency })), { ...stored, outcome: "duplicate" });
  await shut(second);
  clock.advance(10_000);
  const third = await open();
  assert.equal((await third.publish("a", message(clock.now(), { idempotency }))).outcome, "stored");
  await shut(third);
});

test("contract 5: what the rules no longer keep is swept from the disk: by count, by bytes and by age", async (t) => {
  const { clock, open } = bench(t);
  const broker = await open({ sweepIntervalMs: 1_000 });
  const swept = async (): Promise<readonly number[]> => {
    await sweep(clock, broker, 1_000);
    return (await broker.rooms()).map(({ messages }) => messages);
  };
  for (let index = 0; index < 40; index++) await broker.publish("a", message(clock.now()));
  assert.ok((await broker.read("a", { offset: 0 })).messages.length < 40);
  assert.deepEqual(await swept(), [10]);
  await broker.publish("a", message(clock.now(), { bytes: 9_950 }));
  assert.deepEqual(await swept(), [7]);
  await sweep(clock, broker, 61_000);
  assert.deepEqual(await swept(), [0]);
  const { floor, top } = await broker.read("a", { offset: 0 });
  assert.equal(floor, top.offset);
  await shut(broker);
});

test("a room that nobody follows and that keeps nothing is forgotten an hour later, a followed one is not", async (t) => {
  const { clock, open } = bench(t);
  const broker = await open();
  await broker.publish("left", message(clock.now()));
  await broker.subscribe("followed", new Ear());
  await sweep(clock, broker, 3_700_000);
  await sweep(clock, broker, 10_000);
  assert.deepEqual(
    (await broker.rooms()).map(({ room }) => room),
    ["followed"],
  );
  await shut(broker);
});

test("publishes that come together share a commit, and each is answered in its order", async (t) => {
  const { clock, open } = bench(t);
  const broker = await open();
  const order: number[] = [];
  const all = Array.from({ length: 1200 }, async (_, index) => {
    await broker.publish(index % 2 === 0 ? "a" : "b", message(clock.now()));
    order.push(index);
  });
  await Promise.all(all);
  assert.deepEqual(
    order,
    Array.from({ length: 1200 }, (_, index) => index),
  );
  await shut(broker);
});

test("closing commits what was called before, and refuses what comes later", async (t) => {
  const { clock, open } = bench(t);
  const broker = await open();
  const publishes = Array.from({ length: 20 }, () => broker.publish("a", message(clock.now())));
  await shut(broker);
  assert.deepEqual(new Set((await Promise.all(publishes)).map(({ outcome }) => outcome)), new Set(["stored"]));
  await assert.rejects(broker.publish("a", message(clock.now())), { code: "closed" });
  await assert.rejects(broker.read("a", { newest: 1 }), { code: "closed" });
  assert.equal(clock.pending, 0);
  const again = await open();
  assert.equal((await again.read("a", { newest: 1 })).top.offset, 20);
  await shut(again);
});
