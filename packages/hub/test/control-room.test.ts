import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { controlRoom } from "../src/control-room.ts";
import { MemoryBroker } from "../src/memory-broker.ts";
import { countingIds, sessionOf, type TestHub, testHub } from "./support/test-hub.ts";

function twoNodes(): { broker: MemoryBroker; east: TestHub; west: TestHub } {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  return { broker, east: testHub({ clock, broker, ids: countingIds("E") }), west: testHub({ clock, broker, ids: countingIds("W") }) };
}

test("a user is disconnected on all nodes with 4404 and the reason, and is out of its rooms at once", async () => {
  const { broker, east, west } = twoNodes();
  const [ada, far, bo] = [east.connected("Ada"), west.connected("Ada"), west.connected("Bo")];
  await Promise.all([ada, far, bo].map((client) => client.join("a")));
  east.hub.disconnect({ user: "Ada" }, "banned");
  await settle();
  assert.deepEqual(
    [ada.closedWith, far.closedWith, bo.closedWith],
    [{ code: 4404, reason: "banned" }, { code: 4404, reason: "banned" }, undefined],
  );
  assert.deepEqual(
    (await east.hub.presence("a")).members.map(({ user }) => user),
    ["Bo"],
  );
  bo.connection.closed(1000, true);
  await settle();
  assert.deepEqual(await broker.rooms(), [], "a node without connections does not listen");
});

test("a session is disconnected wherever it is, and cannot be resumed", async () => {
  const { east, west } = twoNodes();
  const far = west.connected("Ada");
  east.connected("Bo");
  await settle();
  east.hub.disconnect({ session: sessionOf(far).id });
  await settle();
  assert.equal(far.closedWith?.code, 4404);
  const back = west.client();
  assert.equal(back.connect({ session: sessionOf(far) }).resumed, false);
});

test("without other nodes it works the same, also for a session that waits for its client", async () => {
  const { hub, connected, client } = testHub();
  const ada = connected("Ada");
  ada.connection.closed(1006, false);
  hub.disconnect({ user: "Ada" });
  assert.equal(client().connect({ session: sessionOf(ada) }).resumed, false);
});

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
