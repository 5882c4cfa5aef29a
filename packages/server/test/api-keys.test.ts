import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKeys } from "../src/api-keys.ts";

const keys = new ApiKeys(["first-key-0123456789", "second-key-0123456789"]);

test("a set key is required, and each one is admitted as a bearer token (RFC 6750 §2.1)", () => {
  assert.ok(keys.required);
  assert.ok(keys.admits("Bearer first-key-0123456789"));
  assert.ok(keys.admits("bearer second-key-0123456789"));
});

for (const field of [
  undefined,
  "",
  "Bearer",
  "Bearer ",
  "Bearer first-key-012345678",
  "Bearer first-key-0123456789x",
  "Basic first-key-0123456789",
  "first-key-0123456789",
  "Bearer a b",
]) {
  test(`the Authorization ${JSON.stringify(field)} is not admitted`, () => assert.ok(!keys.admits(field)));
}

test("without a key none is required, and none is admitted", () => {
  const none = new ApiKeys([]);
  assert.ok(!none.required);
  assert.ok(!none.admits("Bearer x"));
});
