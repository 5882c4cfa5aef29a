import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Broker, type Clock, MemoryBroker, RoomLimitError } from "@openline/hub";
import { brokerContract, Ear } from "@openline/hub/testing";
import { FakeClock } from "@openline/testkit";
import { DurableBroker } from "../../src/durable/index.ts";
import { randomIds } from "../support/random-ids.ts";
import { Primary, settled } from "./line-pair.ts";

const retention = { messages: 10, bytes: 10_000, ageMs: 60_000 };
const message = { content: '"data":1', bytes: 8, time: new FakeClock().now(), retention };

interface Kept {
  readonly store: Broker;
  readonly remove: () => Promise<void>;
}

const stores: Readonly<Record<string, (clock: Clock) => Promise<Kept>>> = {
  memory: async (clock) => ({ store: new MemoryBroker({ clock, ids: randomIds }), remove: async () => {} }),
  durable: async (clock) => {
    const directory = mkdtempSync(join(tmpdir(), "openline-test-"));
    const store = await DurableBroker.open({ directory, clock, ids: randomIds });
    const remove = async (): Promise<void> => {
      await store.closed();
      rmSync(directory, { recursive: true });
    };
    return { store, remove };
  },
};

for (const [name, openStore] of Object.entries(stores)) {
  brokerContract({
    name: `workers over a Unix socket, ${name} store in the primary`,
    test,
    open: async () => {
      const clock = new FakeClock();
      const { store, remove } = await openStore(clock);
      const primary = await Primary.open(store);
      const [one, two] = [await primary.join(), await primary.join()];
      return {
        broker: one.broker,
        other: two.broker,
        now: clock.now,
        pass: async (ms) => {
          await clock.advanceAsync(ms);
          await settled(one, two);
        },
        settle: async () => await settled(one, two),
        close: async () => {
          primary.close();
          await remove();
        },
      };
    },
  });
}

async function bench(): Promise<Primary> {
  return await Primary.open(new MemoryBroker({ clock: new FakeClock(), ids: randomIds, maxRooms: 2 }));
}

test("contract 7: a worker whose line is cut leaves no member, and its own subscribers are told that they may miss something", async () => {
  const primary = await bench();
  const [dying, living] = [await primary.join(), await primary.join()];
  const [last, ear] = [new Ear(), new Ear()];
  (await dying.broker.subscribe("room", last)).enter({ session: "a", since: 1 });
  const there = await living.broker.subscribe("room", ear);
  assert.deepEqual(
    there.members.map(({ session }) => session),
    ["a"],
  );
  dying.socket.destroy();
  await new Promise((resolve) => dying.socket.once("close", resolve));
  while (ear.events.length === 0) await settled(living);
  assert.deepEqual([ear.events, last.events], [["exited a"], ["insufficient"]]);
  assert.equal(dying.desk.size, 0);
  assert.deepEqual(await dying.broker.publish("room", message), { outcome: "unknown" });
  await assert.rejects(dying.broker.read("room", { newest: 1 }), { name: "BrokerError", code: "unreachable" });
  primary.close();
});

test("a subscription that the primary makes for a worker that is gone meanwhile is taken back", async () => {
  let finish = (): void => {};
  const closed: string[] = [];
  const slow = new MemoryBroker({ clock: new FakeClock(), ids: randomIds });
  const subscribe = slow.subscribe.bind(slow);
  slow.subscribe = async (room, ear) => {
    const subscription = await subscribe(room, ear);
    await new Promise<void>((resolve) => (finish = resolve));
    return { ...subscription, top: subscription.top, members: [], close: () => closed.push(room) };
  };
  const primary = await Primary.open(slow);
  const worker = await primary.join();
  const subscribing = worker.broker.subscribe("room", new Ear());
  await worker.broker.ping();
  worker.desk.close();
  finish();
  await subscribing;
  assert.deepEqual([closed, worker.desk.size], [["room"], 0]);
  primary.close();
});

test("a primary that stands still: a publish ends as unknown, a read is rejected, both within the deadline", async () => {
  const primary = await Primary.open(
    Object.assign(new MemoryBroker({ clock: new FakeClock(), ids: randomIds }), { publish: never, read: never }),
  );
  const { broker } = await primary.join(50);
  assert.deepEqual(await broker.publish("room", message), { outcome: "unknown" });
  await assert.rejects(broker.read("room", { newest: 1 }), /no answer to read within 50 ms/);
  primary.close();
});

const never = async (): Promise<never> => await new Promise(() => {});

test("a store that bounds its rooms says so to the worker: the hub answers with room-limit", async () => {
  const primary = await bench();
  const { broker } = await primary.join();
  for (const room of ["a", "b"]) await broker.publish(room, message);
  await assert.rejects(broker.publish("c", message), (error) => error instanceof RoomLimitError && error.limit === 2 && error.room === "c");
  primary.close();
});
