import assert from "node:assert/strict";
import { test } from "node:test";
import { MemberList } from "../src/member-list.ts";

const ada = { session: "s1", user: "Ada", since: 1 };
const bo = { session: "s2", user: "Bo", since: 2 };
const cy = { session: "s3", user: "Cy", since: 3 };

test("a whole list tells who has come and who has gone since the last one", () => {
  const list = new MemberList();
  assert.deepEqual(list.replace([ada, bo]), { joined: [ada, bo], left: [] });
  assert.deepEqual(list.replace([bo, cy]), { joined: [cy], left: [ada] });
  assert.deepEqual(list.all, [bo, cy]);
});

test("a member that comes twice is one member, with the newer data", () => {
  const list = new MemberList();
  assert.equal(list.add(ada), true);
  assert.equal(list.add({ ...ada, data: "new" }), false);
  assert.deepEqual(list.all, [{ ...ada, data: "new" }]);
});

test("a member that goes is told once", () => {
  const list = new MemberList();
  list.replace([ada, bo]);
  assert.deepEqual(list.remove("s1"), ada);
  assert.equal(list.remove("s1"), undefined);
  assert.deepEqual(list.all, [bo]);
  assert.deepEqual(list.get("s2"), bo);
});

test("each change makes a new array, so that an older one stays what it was", () => {
  const list = new MemberList();
  list.replace([ada]);
  const before = list.all;
  list.add(bo);
  assert.deepEqual(before, [ada]);
  assert.notEqual(list.all, before);
});
