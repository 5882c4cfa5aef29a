import assert from "node:assert/strict";
import { test } from "node:test";
import type { Member, Presence } from "@openline/wire";
import { MemberList } from "../src/member-list.ts";

const ada = { session: "s1", user: "Ada", since: 1 };
const bo = { session: "s2", user: "Bo", since: 2 };
const cy = { session: "s3", user: "Cy", since: 3 };
const news = (fields: Partial<Presence>): Presence => ({ type: "presence", room: "lobby", memberCount: 0, ...fields });
const told = (list: readonly { event: string; member: Member }[]): string[] =>
  list.map(({ event, member }) => `${event} ${member.user ?? ""}`);

test("a whole list tells who has come and who has gone since the last one", () => {
  const list = new MemberList();
  assert.deepEqual(told(list.replace([ada, bo], undefined)), ["member-joined Ada", "member-joined Bo"]);
  assert.deepEqual(told(list.replace([bo, cy], undefined)), ["member-left Ada", "member-joined Cy"]);
  assert.deepEqual(list.all, [bo, cy]);
});

test("a list that is not whole tells nothing of those whom it lacks, until all its pages are there", () => {
  const list = new MemberList();
  list.replace([ada, bo], undefined);
  assert.deepEqual([list.replace([bo], "1"), list.all, list.next], [[], [bo], "1"]);
  assert.deepEqual([list.replace([ada], undefined), list.next], [[], undefined]);
  list.replace([ada], "1");
  list.add([bo], undefined);
  assert.deepEqual(told(list.replace([ada], undefined)), ["member-left Bo"]);
});

test("R20: one message tells of several; each is told once, and the array is another one", () => {
  const list = new MemberList();
  list.replace([ada, bo], undefined);
  const before = list.all;
  assert.equal(list.all, before);
  const away = { ...bo, away: 9 };
  assert.deepEqual(told(list.apply(news({ joined: [cy, ada], left: [{ session: "s1" }, { session: "nobody" }], changed: [away] }))), [
    "member-left Ada",
    "member-joined Cy",
    "member-joined Ada",
    "member-away Bo",
  ]);
  assert.deepEqual([list.all, list.all === before], [[away, cy, ada], false]);
});

test("who is listed already and joins once more is brought up to date without a word", () => {
  const list = new MemberList();
  list.replace([ada], undefined);
  const later = { ...ada, data: 1 };
  assert.deepEqual([list.apply(news({ joined: [later] })), list.all], [[], [later]]);
});

test("a change is told as what it is: away, back, other data, or nothing that matters; of whom is not listed nothing is told", () => {
  const list = new MemberList();
  list.replace([ada], undefined);
  const changed = (member: Member): string[] => told(list.apply(news({ changed: [member] })));
  assert.deepEqual(changed({ ...ada, away: 5 }), ["member-away Ada"]);
  assert.deepEqual(changed({ ...ada, data: 1 }), ["member-back Ada", "member-updated Ada"]);
  assert.deepEqual(changed({ ...ada, data: 1, since: 7 }), []);
  assert.deepEqual(changed(ada), ["member-updated Ada"]);
  assert.deepEqual([changed(cy), list.all], [[], [ada]]);
});
