import assert from "node:assert/strict";
import { test } from "node:test";
import { publicPackages } from "../packages.mjs";

test("every package but the testkit is public", async () => {
  const names = new Set((await publicPackages()).map(({ name }) => name));
  assert.ok(names.has("@openline/protocol") && names.has("openline"));
  assert.ok(!names.has("@openline/testkit"));
});
