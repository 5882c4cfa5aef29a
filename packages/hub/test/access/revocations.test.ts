import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import type { Identity, Revocation } from "../../src/access/identity.ts";
import { Revocations } from "../../src/access/revocations.ts";
import type { Broker, Page } from "../../src/broker.ts";
import { MemoryBroker } from "../../src/memory-broker.ts";
import { countingIds } from "../support/test-hub.ts";

interface Node {
  readonly log: Revocations;
  readonly ended: [Revocation, number][];
  readonly faults: unknown[];
  readonly cutOffs: () => number;
}

function setUp(): { clock: FakeClock; broker: MemoryBroker; node: (over?: Broker) => Node } {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  const node = (over: Broker = broker): Node => {
    const ended: [Revocation, number][] = [];
    const faults: unknown[] = [];
    let cutOffs = 0;
    const log = new Revocations({
      broker: over,
      clock,
      end: (revocation, at) => void ended.push([revocation, at]),
      cutOff: () => cutOffs++,
      fault: (error) => faults.push(error),
    });
    return { log, ended, faults, cutOffs: () => cutOffs };
  };
  return { clock, broker, node };
}

/** A broker that can be cut off: reads and subscriptions are silent, or rejected, and nothing is told. */
function cuttable(broker: Broker): { broker: Broker; state: "up" | "silent" | "refusing" } {
  const line = { broker, state: "up" as "up" | "silent" | "refusing" };
  const pass = async <T>(act: () => Promise<T>): Promise<T> => {
    if (line.state === "silent") return await new Promise<T>(() => undefined);
    if (line.state === "refusing") throw new Error("no way");
    return await act();
  };
  line.broker = {
    publish: (room, publication) => pass(() => broker.publish(room, publication)),
    signal: (room, signal) => broker.signal(room, signal),
    read: (room, from): Promise<Page> => pass(() => broker.read(room, from)),
    subscribe: (room, subscriber) =>
      pass(() => broker.subscribe(room, { ...subscriber, message: (message) => line.state === "up" && subscriber.message(message) })),
    rotate: (room, epoch) => broker.rotate(room, epoch),
    rooms: () => broker.rooms(),
    close: () => broker.close(),
  };
  return line;
}

const day = 86_400_000;
const ada = (issuedAt: number, tokenId?: string): Identity => ({ subject: "ada", issuedAt, ...(tokenId !== undefined && { tokenId }) });

test("a node knows what was revoked before it began, before it lets anybody in (R15)", async () => {
  const { clock, node } = setUp();
  const first = node();
  await first.log.add({ user: "ada" }, day);
  await first.log.add({ token: "t1" }, day);
  const second = node();
  assert.ok(!second.log.isCurrent);
  await second.log.current();
  assert.ok(second.log.isCurrent);
  const now = clock.now();
  assert.deepEqual(
    [
      second.log.covers(ada(now)),
      second.log.covers(ada(now + 1)),
      second.log.covers(ada(now + 1, "t1")),
      second.log.covers({ subject: "bob", issuedAt: 0 }),
    ],
    [true, false, true, false],
  );
});

test("a revocation reaches a node that listens at once, and one that was told nothing within a second (R15: 2 s)", async () => {
  const { clock, broker, node } = setUp();
  const line = cuttable(broker);
  const [teller, listener] = [node(), node()];
  const deaf = node({
    ...line.broker,
    subscribe: (room, subscriber) => broker.subscribe(room, { ...subscriber, message: () => {} }),
  });
  for (const { log } of [teller, listener, deaf]) await log.current();
  await settle();
  const at = clock.now();
  await teller.log.add({ session: "s1" }, day);
  await settle();
  assert.deepEqual([teller.ended, listener.ended, deaf.ended], [[[{ session: "s1" }, at]], [[{ session: "s1" }, at]], []]);
  await clock.advanceAsync(1000);
  assert.deepEqual(deaf.ended, [[{ session: "s1" }, at]]);
  for (const { log } of [teller, listener, deaf]) log.close();
});

for (const state of ["silent", "refusing"] as const) {
  test(`a node whose broker is ${state} lets nobody in, is cut off 5 s after it last knew, and reads what it missed before it goes on (R15)`, async () => {
    const { clock, broker, node } = setUp();
    const line = cuttable(broker);
    const [other, cut] = [node(), node(line.broker)];
    await cut.log.current();
    await settle();
    line.state = state;
    await clock.advanceAsync(2_500);
    assert.deepEqual([cut.log.isCurrent, cut.cutOffs()], [false, 0]);
    await clock.advanceAsync(2_500);
    assert.equal(cut.cutOffs(), 1);
    await other.log.add({ user: "ada" }, day);
    let isIn = false;
    const waiting = cut.log.current().then(() => (isIn = true));
    await clock.advanceAsync(20_000);
    assert.deepEqual([isIn, cut.cutOffs(), cut.faults.length], [false, 1, 1]);
    line.state = "up";
    await clock.advanceAsync(3_000);
    await waiting;
    assert.deepEqual(
      cut.ended.map(([revocation]) => revocation),
      [{ user: "ada" }],
    );
    assert.ok(cut.log.covers(ada(0)));
    for (const { log } of [other, cut]) log.close();
  });
}

test("a log of several pages is read whole, and one that begins anew takes nothing back", async () => {
  const { clock, broker, node } = setUp();
  const writer = node();
  for (let count = 0; count < 2_500; count++) await writer.log.add({ token: `t${count}` }, day);
  const reader = node();
  await reader.log.current();
  assert.ok(["t0", "t1000", "t2499"].every((id) => reader.log.covers(ada(0, id))));
  await settle();
  const { top } = await broker.read("$revocations", { newest: 0 });
  await broker.rotate("$revocations", top.epoch);
  await settle();
  await writer.log.add({ token: "new" }, day);
  await settle();
  assert.ok(reader.log.covers(ada(0, "new")) && reader.log.covers(ada(0, "t0")));
  await clock.advanceAsync(0);
  reader.log.close();
});

test("a revocation that no token can outlive is forgotten", async () => {
  const { clock, node } = setUp();
  const { log } = node();
  await log.add({ token: "t1" }, 1000);
  clock.advance(1000);
  const late = node();
  await late.log.current();
  assert.ok(!late.log.covers(ada(0, "t1")));
  late.log.close();
});

test("a revocation that the store did not confirm is the caller's to repeat", async () => {
  const { broker, node } = setUp();
  const { log } = node({ ...cuttable(broker).broker, publish: async () => ({ outcome: "unknown" }) });
  await assert.rejects(log.add({ user: "ada" }, day), /does not say/);
  assert.ok(!log.covers(ada(0)));
});

test("a log that is closed leaves no timer", async () => {
  const { clock, broker, node } = setUp();
  const { log } = node();
  await log.current();
  await settle();
  log.close();
  broker.close();
  await clock.advanceAsync(0);
  assert.equal(clock.pending, 0);
});
