import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { call } from "../call.ts";

test("the file to begin with is good as it is, is its owner's alone, and has a key of its own each time", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-config-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "openline.json");
  const { code, out } = await call(["config", "init", file]);
  assert.deepEqual([code, out.includes(`openline serve --config ${file}`)], [0, true]);
  assert.equal((await call(["config", "check", file])).out, "the settings are good\n");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const before = readFileSync(file, "utf8");
  const again = await call(["config", "init", file]);
  assert.deepEqual([again.code, again.err], [1, `openline: ${file} is there already: --force writes over it\n`]);
  assert.equal((await call(["config", "init", "--force", file])).code, 0);
  assert.notEqual(JSON.parse(readFileSync(file, "utf8")).apiKeys[0], JSON.parse(before).apiKeys[0]);
  assert.equal((await call(["config", "init", join(folder, "no/such/folder.json")])).code, 1);
});
