import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryBroker } from "@openline/hub";
import { FakeClock } from "@openline/testkit";
import { ChannelCensus } from "../../src/scaledrone/channel-census.ts";

function broker(): MemoryBroker {
  let count = 0;
  const id = (): string => `id${++count}`;
  return new MemoryBroker({ clock: new FakeClock(), ids: { epoch: id, tag: id } });
}

test("a node alone counts its own clients and rooms; a room is there while somebody is in it", async () => {
  const census = new ChannelCensus({ channel: "c", broker: undefined });
  for (const session of ["a", "b"]) census.enter(session);
  for (const room of ["one", "two", "two"]) census.joined(room);
  assert.deepEqual([await census.clients(), await census.rooms()], [2, ["one", "two"]]);
  census.leave("a");
  census.leave("stranger");
  for (const room of ["one", "two", "stranger"]) census.left(room);
  assert.deepEqual([await census.clients(), await census.rooms()], [1, ["two"]]);
});

test("nodes tell each other, also of what was before the other listened; what closes takes its own out; channels are apart", async (t) => {
  const store = broker();
  t.after(() => store.close());
  const [one, two, other] = ["c", "c", "d"].map((channel) => new ChannelCensus({ channel, broker: store }));
  assert.ok(one !== undefined && two !== undefined && other !== undefined);
  one.enter("a");
  one.joined("聊天 🎈");
  two.joined("聊天 🎈");
  two.enter("b");
  for (const census of [one, two]) assert.deepEqual([await census.clients(), await census.rooms()], [2, ["聊天 🎈"]]);
  assert.deepEqual([await other.clients(), await other.rooms()], [0, []]);
  one.left("聊天 🎈");
  assert.deepEqual(await one.rooms(), ["聊天 🎈"]);
  two.left("聊天 🎈");
  two.leave("b");
  for (const census of [one, two]) assert.deepEqual([await census.clients(), await census.rooms()], [1, []]);
  one.close();
  assert.equal(await two.clients(), 0);
});

test("a store that does not answer fails the question; the next one asks it again and tells what was before", async (t) => {
  const store = broker();
  t.after(() => store.close());
  let isAway = true;
  const flaky: Pick<MemoryBroker, "subscribe"> = {
    subscribe: async (room, subscriber) => {
      if (isAway) throw new Error("away");
      return await store.subscribe(room, subscriber);
    },
  };
  const [one, two] = [new ChannelCensus({ channel: "c", broker: flaky }), new ChannelCensus({ channel: "c", broker: store })];
  one.enter("a");
  await assert.rejects(one.clients(), /away/);
  isAway = false;
  assert.equal(await one.clients(), 1);
  assert.equal(await two.clients(), 1);
});
