import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { call } from "../call.ts";

test("check says whether a server would start with a file; print shows every setting, secrets masked", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-config-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "openline.json");
  writeFileSync(file, JSON.stringify({ port: 9000, apiKeys: ["hidden-0123456789abcdef"] }));
  const good = await call(["config", "check", file]);
  assert.deepEqual([good.code, good.out], [0, "the settings are good\n"]);
  const { out } = await call(["config", "print", file], { OPENLINE_DRAIN_MS: "9" });
  assert.match(out, /^port +9000 +\(.*openline\.json\)$/m);
  assert.match(out, /^drainMs +9 +\(OPENLINE_DRAIN_MS\)$/m);
  assert.ok(!out.includes("hidden"));
  writeFileSync(file, JSON.stringify({ port: "many" }));
  const bad = await call(["config", "check", file]);
  assert.deepEqual([bad.code, bad.out], [2, ""]);
  assert.match(bad.err, /port.*"many"/);
});
