import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalTally } from "../../src/access/tally.ts";

test("a key is counted while it is there, and forgotten after", () => {
  const tally = new LocalTally();
  tally.add("a");
  tally.add("a");
  tally.add("b");
  tally.remove("a");
  assert.deepEqual([tally.count("a"), tally.count("b"), tally.count("c"), tally.size], [1, 1, 0, 2]);
  for (const key of ["a", "b", "b"]) tally.remove(key);
  assert.deepEqual([tally.count("b"), tally.size], [0, 0]);
});
