import assert from "node:assert/strict";
import { test } from "node:test";
import { randomBytes, randomJson, randomLetters } from "../harness/seeded.ts";

test("the same seed gives the same data, another seed gives other data", () => {
  assert.deepEqual(randomBytes(64), randomBytes(64));
  assert.notDeepEqual(randomBytes(64), randomBytes(64, 1));
  assert.match(randomLetters(200), /^[a-z]{200}$/);
  assert.ok(new Set(randomBytes(4096)).size > 240);
});

test("a JSON document has exactly the length asked for", () => {
  for (const length of [200, 1024, 1025]) {
    const text = randomJson(length);
    assert.equal(text.length, length);
    assert.ok(JSON.parse(text).positions.length > 0);
  }
});
