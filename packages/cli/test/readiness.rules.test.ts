import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { noRedis } from "@openline/testkit";
import { start } from "./binary-fixture.ts";
import { startRedis } from "./nodes-fixture.ts";

test("R8: a server whose Redis is away is not ready, and ready again when it is back; it is healthy all the time", {
  skip: noRedis ?? false,
}, async (t) => {
  const redis = await startRedis(t);
  const started = start(t, ["serve", "--port", "0", "--broker", redis.url]);
  const [, url = ""] = await started.said(/"urls":\["(http:\/\/localhost:\d+\/)"/);
  const ready = async (): Promise<string> => {
    const answer = await fetch(`${url}ready`);
    assert.equal((await fetch(`${url}health`)).status, 200);
    const { status } = (await answer.json()) as { status: string };
    assert.equal(answer.status, status === "ready" ? 200 : 503);
    return status;
  };
  const becomes = async (wanted: string): Promise<void> => {
    for (let turn = 0; (await ready()) !== wanted; turn++) {
      assert.ok(turn < 600, `not ${wanted} within a minute: ${started.out()}`);
      await delay(100);
    }
  };
  await becomes("ready");
  await redis.kill();
  await becomes("store-away");
  await redis.restart();
  await becomes("ready");
});
