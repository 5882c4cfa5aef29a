import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { Deferred } from "../../src/web/deferred.ts";

test("the first settling counts, and a rejection that nobody waits for is no unhandled one", async () => {
  const good = new Deferred<number>();
  good.resolve(1);
  good.reject(new Error("late"));
  assert.equal(await good.promise, 1);
  const bad = new Deferred<number>();
  bad.reject(new Error("first"));
  await settle();
  await assert.rejects(bad.promise, /first/);
});
