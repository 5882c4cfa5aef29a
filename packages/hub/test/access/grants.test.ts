import assert from "node:assert/strict";
import { test } from "node:test";
import { Grants } from "../../src/access/grants.ts";
import type { RoomAction, RoomGrants } from "../../src/access/identity.ts";

const rooms: RoomGrants = { "chat:*": ["join", "publish"], "private:{user}:*": ["*"], "$user:bob": ["publish"], "*": ["presence"] };

const cases: [action: RoomAction, room: string, user: string | undefined, allowed: boolean][] = [
  ["join", "chat:a", "ada", true],
  ["publish", "chat:a", undefined, true],
  ["history", "chat:a", "ada", false],
  ["presence", "chat:a", "ada", true],
  ["history", "private:ada:x", "ada", true],
  ["history", "private:bob:x", "ada", false],
  ["join", "private:undefined:x", undefined, false],
  ["publish", "$user:bob", "ada", true],
  ["publish", "$user:cyd", "ada", false],
  ["presence", "$user:bob", "ada", false],
  ["join", "elsewhere", "ada", false],
];

for (const [action, room, user, allowed] of cases) {
  test(`N: ${user ?? "nobody"} may ${allowed ? "" : "not "}${action} ${room}: the union of all patterns that fit, nothing else (hub-v1, Tokens)`, () => {
    assert.equal(new Grants(rooms, user).allows(action, room), allowed);
  });
}

test("rooms of the system are only meant by patterns that begin with $", () => {
  assert.ok(!new Grants({ "*": ["*"] }, "ada").allows("publish", "$user:bob"));
  assert.ok(new Grants({ "$user:*": ["publish"] }, "ada").allows("publish", "$user:bob"));
  assert.ok(!new Grants({}, "ada").allows("join", "a"));
});
