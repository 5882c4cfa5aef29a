import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "./binary-fixture.ts";

test("the binary prints help and version, and exits 0", async (t) => {
  const help = start(t, ["--help"]);
  assert.equal(await help.ended, 0);
  assert.match(help.out(), /Usage: openline/);
  const version = start(t, ["--version"]);
  assert.equal(await version.ended, 0);
  assert.match(version.out(), /^\d+\.\d+\.\d+\n$/);
});

test("a bad flag is one line with a suggestion on standard error, and exit code 2", async (t) => {
  const bad = start(t, ["serve", "--prot", "1"]);
  assert.equal(await bad.ended, 2);
  assert.equal(bad.err(), "openline: unknown option '--prot' (Did you mean --port?)\n");
  assert.equal(bad.out(), "");
});

test("a reader that leaves early is no fault", async (t) => {
  const left = start(t, ["serve", "--help"]);
  left.child.stdout?.destroy();
  assert.equal(await left.ended, 0);
  assert.equal(left.err(), "");
});
