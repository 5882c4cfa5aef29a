import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { MemberSet } from "../../src/gossip/member-set.ts";

const member = (session: string, since = 1): { session: string; since: number } => ({ session, since });

test("a set holds a session of a room once, as it is now", () => {
  const set = new MemberSet();
  set.put("a", member("s"));
  set.put("a", member("s", 2));
  set.put("b", member("s"));
  assert.deepEqual(
    [...set.entries()],
    [
      ["a", member("s", 2)],
      ["b", member("s")],
    ],
  );
  assert.deepEqual([set.delete("a", "s"), set.delete("a", "s"), set.get("a", "s")], [true, false, undefined]);
});

test("digests are equal for equal sets, whatever happened on the way, and differ for others", () => {
  const step = fc.record({ room: fc.constantFrom("a", "b"), session: fc.constantFrom("x", "y", "z"), since: fc.nat(3), put: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), fc.array(step), (one, other) => {
      const sets = [one, other].map((steps) => {
        const set = new MemberSet();
        for (const { room, session, since, put } of steps) {
          if (put) set.put(room, member(session, since));
          else set.delete(room, session);
        }
        return set;
      });
      const [texts, digests] = [sets.map((set) => JSON.stringify([...set.entries()].toSorted())), sets.map((set) => set.digest)];
      assert.equal(digests[0] === digests[1], texts[0] === texts[1]);
    }),
  );
});
