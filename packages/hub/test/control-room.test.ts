import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { controlRoom } from "../src/control-room.ts";
import { MemoryBroker } from "../src/memory-broker.ts";
import { countingIds, type TestHub, testHub } from "./support/test-hub.ts";

function twoNodes(): { broker: MemoryBroker; east: TestHub; west: TestHub } {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  return { broker, east: testHub({ clock, broker, ids: countingIds("E") }), west: testHub({ clock, broker, ids: countingIds("W") }) };
}

test("an order that is not understood is left alone: another node may be newer", async () => {
  const { broker, east } = twoNodes();
  const ada = east.connected("Ada");
  await settle();
  const orders = [
    "1",
    "null",
    '{"do":"disconnect","reason":"x"}',
    '{"do":"disconnect","user":"Ada"}',
    '{"do":"dance","user":"Ada","reason":"x"}',
    '{"do":"join","user":"Ada","room":"a","rewind":"1","presence":true}',
    '{"do":"join","user":"Ada","rewind":1,"presence":true}',
    '{"do":"leave","user":"Ada","room":"a","code":"x"}',
  ];
  broker.signal(controlRoom, { content: '"other":1', time: 0 });
  for (const order of orders) broker.signal(controlRoom, { content: `"order":${order}`, time: 0 });
  await settle();
  const before = ada.closedWith;
  broker.signal(controlRoom, { content: '"order":{"do":"disconnect","user":"Ada","reason":"x","from":"elsewhere"}', time: 0 });
  assert.deepEqual([ada.all("joined"), before, ada.closedWith], [[], undefined, { code: 4404, reason: "x" }]);
});

test("a subscription that fails is written down, and the next connection tries again", async () => {
  const { broker, east } = twoNodes();
  const subscribe = broker.subscribe.bind(broker);
  broker.subscribe = () => Promise.reject(new Error("no answer"));
  const first = testHub({ broker });
  first.connected("Ada");
  await settle();
  assert.ok(first.events.some((event) => event.type === "fault"));
  broker.subscribe = subscribe;
  const next = first.connected("Bo");
  await settle();
  east.hub.disconnect({ user: "Bo" });
  assert.equal(next.closedWith?.code, 4404);
});
