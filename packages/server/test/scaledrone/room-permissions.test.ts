import assert from "node:assert/strict";
import { test } from "node:test";
import { RoomPermissions } from "../../src/scaledrone/room-permissions.ts";

test("the official example: everything is allowed but in main-room, where the denial wins (facts/scaledrone §3)", () => {
  const rights = new RoomPermissions({
    ".*": { publish: true, subscribe: true },
    "^main-room$": { publish: false, subscribe: false },
  });
  assert.deepEqual(
    [rights.allows("publish", "other"), rights.allows("publish", "main-room"), rights.allows("subscribe", "main-room")],
    [true, false, false],
  );
});

test("patterns are not anchored, and where none fits nothing is allowed", () => {
  const rights = new RoomPermissions({ main: { subscribe: true } });
  assert.deepEqual(
    [rights.allows("subscribe", "my-main-2"), rights.allows("publish", "my-main-2"), rights.allows("subscribe", "other")],
    [true, false, false],
  );
});

test("a pattern that no engine takes brings nothing down and grants nothing; Perl's ^* is taken as Perl takes it", () => {
  const all = { publish: true, subscribe: true };
  assert.equal(new RoomPermissions({ "(": all, "[z-a]": all }).allows("publish", "a"), false);
  assert.equal(new RoomPermissions({ "^*.$": all }).allows("publish", "a"), true);
  assert.equal(new RoomPermissions({ a: null, b: 7 }).allows("publish", "a"), false);
});

test("what Perl and Go write in another way means the same", () => {
  const all = { publish: true };
  for (const [pattern, room, fits] of [
    ["^private\\-\\_a$", "private-_a", true],
    ["\\Amain\\z", "main", true],
    ["\\Amain\\Z", "my-main", false],
    ["(?i)^MAIN$", "main", true],
    ["^\\^*a$", "^a", true],
    ["^\\\\A$", "\\A", true],
    ["^\\p{Lo}[\\-\\@]+$", "聊@-", true],
  ] as const)
    assert.equal(new RoomPermissions({ [pattern]: all }).allows("publish", room), fits, pattern);
});

test("a denial whose pattern cannot be read denies everywhere: nobody knows which rooms it was meant for", () => {
  for (const pattern of ["(", "^\\p{Han}$", "^\\Qsecret.room\\E$", "^secret[[:digit:]]+$"]) {
    const rights = new RoomPermissions({ ".*": { publish: true, subscribe: true }, [pattern]: { publish: false, history: 5 } });
    assert.deepEqual([rights.allows("publish", "a"), rights.allows("subscribe", "a"), rights.historyOf("a")], [false, true, 0], pattern);
  }
});

test("history is the largest number granted for the room, none without one", () => {
  const rights = new RoomPermissions({ "^a$": { subscribe: true, history: 5 }, a: { history: 20 }, b: { history: "many" } });
  assert.deepEqual([rights.historyOf("a"), rights.historyOf("ab"), rights.historyOf("c")], [20, 20, 0]);
});
