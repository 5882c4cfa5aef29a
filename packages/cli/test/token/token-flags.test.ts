import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../call.ts";

test("each command's help has examples that begin with its own words", async () => {
  for (const words of [["token", "create"], ["token", "inspect"], ["ticket"]]) {
    const { code, out } = await call([...words, "--help"]);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`Examples:\n[^]*openline ${words.join(" ")}`));
  }
});

test("token alone shows its commands; a user is asked for by name", async () => {
  assert.match((await call(["token"])).out, /create .*\n[^]*inspect/);
  const { code, err } = await call(["token", "create"]);
  assert.deepEqual([code, /--user/.test(err)], [2, true]);
});
