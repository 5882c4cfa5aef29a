import assert from "node:assert/strict";
import { test } from "node:test";
import { faultPlan, type Progress, runVerification, VerificationImpossible } from "../../src/verify/verification.ts";
import { readVerifySettings } from "../../src/verify/verify-settings.ts";
import { hubServer } from "./hub-server.ts";

test("a plan of faults has each that is allowed in turn, with time to recover between them, and the same for the same seed", () => {
  assert.deepEqual(faultPlan([], 60_000, 1), []);
  const plan = faultPlan(["cut", "hang"], 60_000, 1);
  assert.deepEqual(
    plan.map(({ fault }) => fault),
    ["cut", "hang", "cut", "hang", "cut", "hang", "cut", "hang"].slice(0, plan.length),
  );
  assert.ok(plan.length >= 6);
  assert.ok(plan.every(({ atMs }) => atMs >= 6_000 && atMs <= 54_000));
  for (const [index, { fault, atMs }] of plan.entries()) {
    const next = plan[index + 1];
    if (next !== undefined) assert.ok(next.atMs - atMs >= (fault === "hang" ? 9_000 : 3_000));
  }
  assert.deepEqual(faultPlan(["cut", "hang"], 60_000, 1), plan);
  assert.notDeepEqual(faultPlan(["cut", "hang"], 60_000, 2), plan);
});

test("clients are spread over all addresses, and progress counts up to the end", async (t) => {
  const url = await hubServer(t);
  const settings = readVerifySettings({ url: [url, `${url}?node=2`], clients: "4", rooms: "1", duration: "1s", seed: "3" }, {});
  const progress: Progress[] = [];
  const { verdict, isCalm, observations } = await runVerification(settings, (one) => progress.push(one));
  assert.deepEqual([verdict.isHeld, isCalm], [true, true]);
  assert.equal(progress.at(-1)?.phase, "settling");
  assert.ok(progress.every((one, index) => index === 0 || one.delivered >= (progress[index - 1]?.delivered ?? 0)));
  assert.deepEqual([...new Set(observations.map(({ client }) => client))].toSorted(), ["c1", "c2", "c3", "c4", "history"]);
});

test("a hub that cannot be reached makes the run impossible", async () => {
  const settings = readVerifySettings({ url: ["ws://127.0.0.1:1/hub"], clients: "2", duration: "1s" }, {});
  await assert.rejects(
    runVerification(settings, () => {}),
    (error) => error instanceof VerificationImpossible && /ECONNREFUSED/.test(error.message),
  );
});
