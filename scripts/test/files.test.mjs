import assert from "node:assert/strict";
import { test } from "node:test";
import { filesLike } from "../files.mjs";

test("`*` stays within a folder, `**/` goes through all, and what is installed or built is passed over", () => {
  assert.ok(filesLike("scripts/*.mjs").includes("scripts/files.mjs"));
  assert.ok(!filesLike("scripts/*.mjs").some((path) => path.startsWith("scripts/test/")));
  assert.ok(filesLike("scripts/**/*.mjs").includes("scripts/test/files.test.mjs"));
  assert.ok(filesLike("packages/**/*.ts").every((path) => !/\/(?:dist|node_modules)\//.test(path)));
  assert.deepEqual(filesLike("package.json"), ["package.json"]);
});
