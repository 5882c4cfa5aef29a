import assert from "node:assert/strict";
import { test } from "node:test";
import { callbackName } from "../src/callback-name.ts";

const required = { ok: false, fault: '"callback" parameter required' };
const invalid = { ok: false, fault: 'invalid "callback" parameter' };

test("a callback has letters, digits, -, _ and . only, is not empty and not long: it is written into a script (facts §6)", () => {
  for (const [query, expected] of [
    ["c=_jp.a1-b", { ok: true, name: "_jp.a1-b" }],
    ["callback=x", { ok: true, name: "x" }],
    ["c=%63allback", { ok: true, name: "callback" }],
    ["", required],
    ["c=", required],
    ["c=a%0Ab", invalid],
    ["c=a%0A", invalid],
    ["c=a+b", invalid],
    ["c=</script>", invalid],
    ["c=ä", invalid],
    [`c=${"x".repeat(64)}`, { ok: true, name: "x".repeat(64) }],
    [`c=${"x".repeat(65)}`, invalid],
  ] as const)
    assert.deepEqual(callbackName(new URLSearchParams(query)), expected, query);
});
