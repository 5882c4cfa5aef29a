import assert from "node:assert/strict";
import { test } from "node:test";
import { scenarios } from "../../src/bench/bench-plan.ts";
import { call } from "../call.ts";

test("the help explains every scenario, what a rate is for, and the exit codes", async () => {
  const { out } = await call(["bench", "--help"]);
  for (const scenario of scenarios) assert.match(out, new RegExp(`^ {2}${scenario} `, "m"));
  assert.match(out, /With --rate messages leave at their times/);
  assert.match(out, /Exit code: 0 measured, 1 .*, 3 no verdict/);
});
