import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import * as all from "../../src/redis/scripts.ts";

test("every script is in the list of those that a link loads, once", () => {
  const exported = Object.entries(all).flatMap(([name, value]) => (name.endsWith("Script") && "sha" in value ? [value] : []));
  assert.deepEqual(new Set(all.scripts), new Set(exported));
  assert.equal(new Set(all.scripts.map(({ sha }) => sha)).size, exported.length);
});

for (const [name, script] of Object.entries(all)) {
  if (!("sha" in script)) continue;
  test(`${name} is called by the hash of its own text, as SCRIPT LOAD answers it`, () => {
    assert.equal(script.sha, createHash("sha1").update(script.text).digest("hex"));
  });

  test(`${name} touches no key that it is not given: a cluster refuses others`, () => {
    const isCalled = script.text.split("reap(").length > 2;
    const text = isCalled ? script.text : script.text.replace(/local function reap[\s\S]*?\nend/, "");
    const used = Array.from(text.matchAll(/KEYS\[(\d+)\]/g), ([, number]) => Number(number));
    assert.ok(Math.max(...used) <= script.keys, `KEYS[${Math.max(...used)}] of ${script.keys}`);
  });
}
