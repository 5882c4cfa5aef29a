import assert from "node:assert/strict";
import { test } from "node:test";
import { operations } from "../../src/api/operations.ts";
import { apiScopes } from "../../src/api-keys.ts";

test("operations have their own ids, methods and paths, and each asks for a scope that keys can have", () => {
  const all = Object.entries(operations);
  for (const [key, { id, scope }] of all) {
    assert.equal(id, key);
    assert.ok(scope !== undefined && apiScopes.includes(scope), `${id} asks for no key`);
  }
  assert.equal(new Set(all.map(([, { method, path }]) => `${method} ${path}`)).size, all.length);
});
