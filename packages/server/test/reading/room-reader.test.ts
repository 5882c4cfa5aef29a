import assert from "node:assert/strict";
import { test } from "node:test";
import { Hub } from "@openline/hub";
import { FakeClock, settle } from "@openline/testkit";
import type { Heard } from "../../src/heard.ts";
import { randomIds } from "../../src/random-ids.ts";
import { type Reading, RoomReader } from "../../src/reading/room-reader.ts";

function listen(hub: Hub, reading: Partial<Reading> = {}): { reader: RoomReader; heard: Heard[]; ends: number[] } {
  const heard: Heard[] = [];
  const ends: number[] = [];
  const reader = new RoomReader(hub, {}, { kind: "test", hear: (one) => heard.push(one) > 0, ended: (code) => ends.push(code) });
  reader.read({ room: "a", after: undefined, rewind: 0, token: undefined, ...reading });
  return { reader, heard, ends };
}

const typesOf = (heard: readonly Heard[]): unknown[] => heard.map(({ message }) => message?.type);

test("it joins, hears what is published from then on, and is gone after its end", async () => {
  const hub = new Hub({ clock: new FakeClock(), ids: randomIds });
  const { reader, heard } = listen(hub);
  await settle();
  await hub.publish("a", { data: 1 });
  reader.end();
  await hub.publish("a", { data: 2 });
  assert.deepEqual(typesOf(heard), ["connected", "joined", "message"]);
  assert.deepEqual([hub.connectionCount, hub.sessionCount], [0, 0]);
});

test("the newest messages come first where they are asked for, or what follows a position", async () => {
  const hub = new Hub({ clock: new FakeClock(), ids: randomIds });
  const outcomes = [await hub.publish("a", { data: 1 }), await hub.publish("a", { data: 2 })];
  const newest = listen(hub, { rewind: 5 });
  const first = outcomes[0];
  const later = listen(hub, { after: first?.outcome === "stored" ? first.position : "" });
  await settle();
  const dataOf = ({ heard }: { heard: Heard[] }): unknown[] =>
    heard.flatMap(({ message }) => (message?.type === "message" ? [message.data] : []));
  assert.deepEqual([dataOf(newest), dataOf(later)], [[1, 2], [2]]);
});

test("a message for many readers is parsed once", async () => {
  const hub = new Hub({ clock: new FakeClock(), ids: randomIds });
  const [one, other] = [listen(hub), listen(hub)];
  await settle();
  await hub.publish("a", { data: 1 });
  assert.equal(one.heard.at(-1), other.heard.at(-1));
});

test("a hub that closes ends it with the close code", async () => {
  const hub = new Hub({ clock: new FakeClock(), ids: randomIds });
  const { ends } = listen(hub);
  await settle();
  hub.close(1012);
  assert.deepEqual(ends, [1012]);
});
