import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalTally } from "../../src/access/tally.ts";
import { UserCap } from "../../src/access/user-cap.ts";

test("a user has as many connections as allowed, and one more for each that is about to end (R16)", () => {
  const cap = new UserCap(2);
  assert.deepEqual([cap.take("ada"), cap.take("ada"), cap.take("ada"), cap.take("bob")], [true, true, false, true]);
  assert.ok(cap.take("ada", 1));
  cap.release("ada");
  assert.ok(!cap.take("ada"));
  cap.release("ada");
  assert.ok(cap.take("ada"));
});

test("a user without connections is forgotten", () => {
  const tally = new LocalTally();
  const cap = new UserCap(2, tally);
  cap.take("ada");
  cap.release("ada");
  cap.release("ada");
  assert.equal(tally.size, 0);
});
