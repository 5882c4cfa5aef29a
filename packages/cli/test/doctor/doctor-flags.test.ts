import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../call.ts";

test("the help shows each of the three ways with an example", async () => {
  const { out } = await call(["doctor", "--help"]);
  for (const example of [/^ {2}openline doctor$/m, /^ {2}openline doctor https:/m, /^ {2}openline doctor --behind https:/m])
    assert.match(out, example);
});
