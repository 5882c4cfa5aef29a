import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../src/system-clock.ts";

test("the time is milliseconds since 1970", () => assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000));

test("a timer runs once, and not at all when it was cleared", async () => {
  const ran: string[] = [];
  systemClock.clearTimeout(systemClock.setTimeout(() => ran.push("cleared"), 0));
  const timer = systemClock.setTimeout(() => ran.push("kept"), 0);
  assert.equal((timer as NodeJS.Timeout).hasRef(), false, "a timer of the hub does not keep the process alive");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(ran, ["kept"]);
});
