import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryBroker } from "@openline/hub";
import { FakeClock, settle } from "@openline/testkit";
import type { Line } from "../../src/workers/line.ts";
import { StoreDesk } from "../../src/workers/store-desk.ts";
import { randomIds } from "../support/random-ids.ts";

test("a message is made into bytes once, however many workers follow its room", async () => {
  const store = new MemoryBroker({ clock: new FakeClock(), ids: randomIds });
  const told: [number, Uint8Array][] = [];
  const line = { tellEncoded: (...frame: [number, Uint8Array]) => told.push(frame) } as unknown as Line;
  const desks = [1, 2, 3].map(() => new StoreDesk(store, () => line));
  for (const [index, desk] of desks.entries()) await desk.answer("subscribe", JSON.stringify([index, "room"]));
  const retention = { messages: 1, bytes: 100, ageMs: 1000 };
  await desks[0]?.answer("publish", JSON.stringify(["room", { content: '"data":1', bytes: 8, time: 0, retention }]));
  assert.deepEqual(
    told.map(([number]) => number),
    [0, 1, 2],
  );
  assert.equal(new Set(told.map(([, body]) => body)).size, 1);
});

test("what is not for the store is left to others", async () => {
  const desk = new StoreDesk(new MemoryBroker({ clock: new FakeClock(), ids: randomIds }), () => undefined);
  assert.deepEqual([desk.knows("users"), desk.hear("activity", "{}", 0)], [false, false]);
  assert.deepEqual([desk.knows("publish"), desk.knows("subscribe"), desk.hear("exit", '"s"', 99)], [true, true, true]);
  await desk.answer("subscribe", '[1,"room"]');
  assert.equal(desk.size, 1);
  desk.hear("unsubscribe", "null", 1);
  assert.equal(desk.size, 0);
  await settle();
});
