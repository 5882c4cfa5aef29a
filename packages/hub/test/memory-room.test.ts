import assert from "node:assert/strict";
import { test } from "node:test";
import type { Publication, StoredMessage, Subscriber } from "../src/broker.ts";
import { LocalSubscription } from "../src/local-room.ts";
import { MemoryRoom } from "../src/memory-room.ts";
import { epochStart } from "../src/position.ts";

const retention = { messages: 100, bytes: 30, ageMs: 1_000 };
const publication = (data: number, time = 0): Publication => ({ content: `"data":${data}`, bytes: 10, time, retention });

/** Subscribes with what is to be done at each message. */
function listen(room: MemoryRoom, message: (message: StoredMessage) => void): LocalSubscription {
  const subscriber: Subscriber = { message, signal: () => {}, entered: () => {}, exited: () => {}, insufficient: () => {} };
  return new LocalSubscription(room.local, subscriber, room.top, () => {});
}

test("contract 4: a message that a subscriber publishes while being told comes after, for all", () => {
  const room = new MemoryRoom(epochStart("e"));
  const heard: string[] = [];
  listen(room, ({ position }) => {
    if (position.offset === 1) room.publish(publication(2), "t2");
  });
  listen(room, ({ content }) => heard.push(content));
  room.publish(publication(1), "t1");
  assert.deepEqual(heard, ['"data":1', '"data":2']);
});

test("who subscribes while a message is being delivered does not get what its top covers", () => {
  const room = new MemoryRoom(epochStart("e"));
  const late: number[] = [];
  listen(room, ({ position }) => {
    if (position.offset === 1) listen(room, (heard) => late.push(heard.position.offset));
  });
  room.publish(publication(1), "t1");
  room.publish(publication(2), "t2");
  assert.deepEqual(late, [2]);
});

test("contract 5: bytes and age bound a room as the number of messages does", () => {
  const room = new MemoryRoom(epochStart("e"));
  for (let data = 1; data <= 5; data++) room.publish(publication(data, data * 100), `t${data}`);
  assert.equal(room.messageCount, 3);
  room.expire(1_450);
  assert.equal(room.messageCount, 1);
  room.expire(1_501);
  assert.deepEqual([room.messageCount, room.isIdle, room.top.offset], [0, true, 5]);
});

test("a read goes forward from an offset or back from one, with a limit; the floor is the room's", () => {
  const room = new MemoryRoom(epochStart("e"));
  for (let offset = 1; offset <= 8; offset++) {
    room.publish({ content: String(offset), bytes: 1, time: 0, retention: { ...retention, messages: 6 } }, `t${offset}`);
  }
  const cases: [Parameters<typeof room.read>[0], string][] = [
    [{ offset: 5 }, "5678"],
    [{ offset: 5, limit: 2 }, "56"],
    [{ offset: 1, limit: 2 }, "34"],
    [{ offset: 9 }, ""],
    [{ newest: 2 }, "78"],
    [{ newest: 2, before: 6 }, "45"],
    [{ newest: 9, before: 5 }, "34"],
    [{ newest: 2, before: 3 }, ""],
    [{ newest: 2, before: 99 }, "78"],
    [{ newest: 0 }, ""],
  ];
  for (const [from, expected] of cases) {
    const page = room.read(from, 0);
    assert.deepEqual(
      [page.messages.map(({ content }) => content).join(""), page.floor, page.top.offset],
      [expected, 3, 8],
      JSON.stringify(from),
    );
  }
});
