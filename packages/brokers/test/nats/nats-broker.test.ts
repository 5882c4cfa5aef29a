import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { brokerContract } from "@openline/hub/testing";
import { noNats, type ServerProcess, startNats } from "@openline/testkit";
import { NatsBroker } from "../../src/nats/index.ts";
import { benchOf } from "../support/broker-bench.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock } from "../support/system-clock.ts";

let server: ServerProcess;
let count = 0;
const skip = noNats === undefined ? {} : { skip: noNats };

before(async () => {
  if (noNats === undefined) server = await startNats();
});
after(async () => await server?.stop());

brokerContract({
  name: "nats",
  test: (name, check) => test(name, skip, check),
  open: async () => {
    const url = `nats://127.0.0.1:${server.port}?prefix=t${++count}`;
    const open = async (): Promise<NatsBroker> => await NatsBroker.open({ url, clock: systemClock, ids: randomIds });
    // What is stored is republished behind the answer.
    return await benchOf(open, { windowMs: 400, behindMs: 20 });
  },
});

test("the newest are found without reading all, however a room's messages lie among those of others", skip, async (t) => {
  const broker = await NatsBroker.open({ url: `nats://127.0.0.1:${server.port}?prefix=t${++count}`, clock: systemClock, ids: randomIds });
  t.after(() => broker.close());
  const retention = { messages: 1_000, bytes: 1_000_000, ageMs: 60_000 };
  const publish = async (room: string, data: number): Promise<unknown> =>
    await broker.publish(room, { content: String(data), bytes: 4, time: Date.now(), retention });
  const layouts: readonly [room: string, from: number, to: number, others: number][] = [
    ["even", 0, 150, 2],
    ["late", 0, 5, 0],
    ["late", 5, 100, 3],
    ["early", 0, 100, 0],
    ["early", 100, 103, 100],
  ];
  for (const [room, from, to, others] of layouts) {
    for (let data = from; data < to; data++) {
      await publish(room, data);
      await Promise.all(Array.from({ length: others }, async (_, other) => await publish(`other${other}`, data)));
    }
  }
  for (const [room, total] of [
    ["even", 150],
    ["late", 100],
    ["early", 103],
  ] as const) {
    const all = await broker.read(room, { offset: 0 });
    assert.equal(all.messages.length, total);
    for (const newest of [1, 10, 60, 500]) {
      const page = await broker.read(room, { newest });
      const expected = all.messages.slice(-newest);
      assert.deepEqual(page.messages.slice(1), expected.slice(1), `${room} ${newest}`);
      assert.deepEqual(
        [page.messages[0]?.position, page.top, page.floor],
        [expected[0]?.position, all.top, all.floor],
        `${room} ${newest}`,
      );
    }
  }
});
