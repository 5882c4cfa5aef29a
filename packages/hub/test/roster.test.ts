import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import type { Member, Presence } from "@openline/wire";
import { Roster } from "../src/roster.ts";

const member = (session: string, more: Partial<Member> = {}): Member => ({ session, since: 1, ...more });
const sessions = (members: readonly { readonly session: string }[] | undefined): string[] => (members ?? []).map(({ session }) => session);

function bench(isSmall = false) {
  const clock = new FakeClock();
  const told: Presence[] = [];
  const state = { isSmall };
  const roster = new Roster({
    room: "a",
    clock,
    batchMs: 1_000,
    isSmall: () => state.isSmall,
    tell: (message) => void told.push(message),
  });
  return { clock, told, roster, state };
}

test("where few listen every change is told at once", () => {
  const { roster, told, clock } = bench(true);
  roster.enter(member("x"));
  roster.enter(member("y", { user: "Y" }));
  roster.exit("x");
  assert.deepEqual(told, [
    { type: "presence", room: "a", joined: [member("x")], memberCount: 1 },
    { type: "presence", room: "a", joined: [member("y", { user: "Y" })], memberCount: 2 },
    { type: "presence", room: "a", left: [{ session: "x" }], memberCount: 1 },
  ]);
  assert.equal(clock.pending, 0);
});

test("R20: where many listen the first change is told at once, those of the next second together", () => {
  const { roster, told, clock } = bench();
  roster.enter(member("x"));
  for (const session of ["y", "z"]) roster.enter(member(session, { user: session }));
  roster.exit("x");
  roster.enter(member("y", { user: "y", data: 1 }));
  assert.equal(told.length, 1);
  clock.advance(999);
  assert.equal(told.length, 1);
  clock.advance(1);
  assert.deepEqual(told.slice(1), [
    {
      type: "presence",
      room: "a",
      joined: [member("y", { user: "y", data: 1 }), member("z", { user: "z" })],
      left: [{ session: "x" }],
      memberCount: 2,
    },
  ]);
  clock.advance(10_000);
  assert.deepEqual([told.length, clock.pending], [2, 0]);
  roster.exit("y");
  assert.deepEqual(told[2], { type: "presence", room: "a", left: [{ session: "y", user: "y" }], memberCount: 1 });
});

test("what comes and goes within a second is not told at all, and a change that is taken back is none", () => {
  const { roster, told, clock } = bench();
  roster.enter(member("x"));
  roster.enter(member("y"));
  roster.exit("y");
  roster.enter(member("x", { away: 5 }));
  roster.enter(member("x"));
  clock.advance(5_000);
  assert.deepEqual([told.length, roster.size], [1, 1]);
  roster.exit("nobody");
  assert.equal(told.length, 1);
});

test("contract 7: who leaves and comes back within a second has changed, and alternates", () => {
  const { roster, told, clock } = bench();
  roster.load([member("x")]);
  roster.enter(member("y"));
  roster.exit("x");
  roster.enter(member("x", { since: 2 }));
  clock.advance(1_000);
  assert.deepEqual(told[1], { type: "presence", room: "a", changed: [member("x", { since: 2 })], memberCount: 2 });
});

test("lists and counts in messages are those last told, with the one who asks; the size is that of now", () => {
  const { roster, clock } = bench();
  roster.enter(member("x"));
  for (const session of ["y", "z"]) roster.enter(member(session));
  assert.deepEqual([roster.size, sessions(roster.members)], [3, ["x", "y", "z"]]);
  assert.deepEqual(roster.page({}, "z"), { members: [member("z"), member("x")], memberCount: 2 });
  assert.deepEqual(roster.page({}, "x"), { members: [member("x")], memberCount: 1 });
  assert.deepEqual([roster.get("y"), roster.get("nobody")], [member("y"), undefined]);
  clock.advance(1_000);
  assert.deepEqual([sessions(roster.page({}, "z").members), roster.page({}).memberCount], [["x", "y", "z"], 3]);
});

test("R20: pages show each member that stays once, whoever comes and goes between them", () => {
  const { roster, state } = bench(true);
  for (let index = 0; index < 10; index++) roster.enter(member(`m${index}`));
  const first = roster.page({ limit: 4 });
  assert.deepEqual([sessions(first.members), first.memberCount], [["m0", "m1", "m2", "m3"], 10]);
  roster.exit("m3");
  roster.exit("m5");
  roster.enter(member("m6", { data: 1 }));
  roster.enter(member("m3"));
  const second = roster.page({ after: first.next, limit: 4 });
  assert.deepEqual(sessions(second.members), ["m4", "m6", "m7", "m8"]);
  const third = roster.page({ after: second.next, limit: 4 });
  assert.deepEqual([sessions(third.members), third.next], [["m9", "m3"], undefined]);
  state.isSmall = false;
  roster.enter(member("m10"));
  roster.enter(member("m11"));
  const own = roster.page({ limit: 1 }, "m11");
  assert.deepEqual([sessions(own.members), own.next], [["m11"], "0"]);
  assert.deepEqual(sessions(roster.page({ after: own.next, limit: 2 }, "m11").members), ["m0", "m1"]);
});

test("one message tells of 1,000 at most, the next second of the others", () => {
  const { roster, told, clock } = bench();
  for (let index = 0; index < 2_500; index++) roster.enter(member(`m${index}`));
  clock.advance(1_000);
  assert.deepEqual([told[1]?.joined?.length, told[1]?.memberCount], [1_000, 1_001]);
  clock.advance(2_000);
  assert.deepEqual([told.map(({ joined }) => joined?.length), roster.size, clock.pending], [[1, 1_000, 1_000, 499], 2_500, 1]);
  roster.close();
  assert.equal(clock.pending, 0);
});
