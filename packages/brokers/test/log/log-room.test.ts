import assert from "node:assert/strict";
import { test } from "node:test";
import { LogRoom } from "../../src/log/log-room.ts";

const retention = { messages: 3, bytes: 100, ageMs: 1_000 };

/** A room with messages at these offsets, one per 10 ms. */
function filled(offsets: readonly number[], rules = retention): LogRoom {
  const room = new LogRoom({ offset: 0, tag: "0" });
  for (const [index, offset] of offsets.entries())
    room.append({ offset, tag: `t${offset}`, previous: null, content: "", bytes: 10, time: index * 10 }, rules);
  return room;
}

const offsetsOf = (room: LogRoom, from: Parameters<LogRoom["read"]>[0]): number[] => room.read(from).messages.map(({ offset }) => offset);

test("contract 5: the newest are kept, by count, bytes and age; the top stays", () => {
  const room = filled([2, 5, 6, 9]);
  assert.deepEqual(offsetsOf(room, { offset: 0 }), [5, 6, 9]);
  assert.deepEqual(offsetsOf(filled([1, 2, 3, 4], { ...retention, messages: 100, bytes: 25 }), { offset: 0 }), [3, 4]);
  room.expire(1_015);
  assert.deepEqual(offsetsOf(room, { offset: 0 }), [6, 9]);
  room.expire(5_000);
  assert.deepEqual([room.messageCount, room.top, room.read({ newest: 1 }).floor], [0, { offset: 9, tag: "t9" }, 9]);
});

test("pages are found though offsets are not dense", () => {
  const room = filled([2, 5, 9], { ...retention, messages: 10 });
  const pages: [Parameters<LogRoom["read"]>[0], number[]][] = [
    [{ offset: 3 }, [5, 9]],
    [{ offset: 5, limit: 1 }, [5]],
    [{ offset: 10 }, []],
    [{ newest: 2 }, [5, 9]],
    [{ newest: 0 }, []],
    [{ newest: 5, before: 9 }, [2, 5]],
    [{ newest: 1, before: 4 }, [2]],
  ];
  for (const [from, offsets] of pages) assert.deepEqual(offsetsOf(room, from), offsets, JSON.stringify(from));
});

test("contract 3: an id is taken until its window ends, and forgotten a while later", () => {
  const room = new LogRoom({ offset: 0, tag: "0" });
  const mark = { offset: 4, tag: "t" };
  room.remember("k", "f", mark, 500);
  assert.deepEqual(room.used("k", "f", 499), { outcome: "duplicate", mark });
  assert.deepEqual(room.used("k", "g", 499), { outcome: "conflict" });
  assert.equal(room.used("k", "f", 500), undefined);
  room.expire(60_000);
  assert.equal(room.isSpent, false, "clocks of publishers differ");
  room.expire(61_000);
  assert.equal(room.isSpent, true);
});

test("in a new epoch nothing of before is there, and ids stay used", () => {
  const room = filled([1, 2]);
  room.remember("k", "f", { offset: 2, tag: "t2" }, 500);
  room.restart({ offset: 0, tag: "0" });
  assert.deepEqual([offsetsOf(room, { offset: 0 }), room.top.offset, room.used("k", "f", 1)?.outcome], [[], 0, "duplicate"]);
});
