import assert from "node:assert/strict";
import { test } from "node:test";
import type { WebhookService } from "../../src/webhooks/webhook-service.ts";
import { startApp } from "../http-fixture.ts";

test("without a webhook its state says so", async (t) => {
  const { ask } = await startApp(t);
  assert.equal((await ask("/api/webhooks")).body?.["enabled"], false);
  assert.deepEqual((await ask("/api/webhooks/dead-letters")).body, { deadLetters: [] });
});

test("the state of the webhook, its dead letters, and their retry", async (t) => {
  const state = { pending: 3, delivered: 5, deadLetters: 1, dropped: 0, failures: 2, lastFailure: "503" };
  const letter = { event: { id: "e1", type: "join", time: 1, room: "房" }, reason: "503 twelve times", failedAt: 9 };
  const webhooks: WebhookService = { state: () => state, deadLetters: () => [letter], retryDeadLetters: () => 1 };
  const { ask } = await startApp(t, { webhooks });
  assert.deepEqual((await ask("/api/webhooks")).body, { enabled: true, ...state });
  assert.deepEqual((await ask("/api/webhooks/dead-letters")).body, { deadLetters: [letter] });
  const retried = await ask("/api/webhooks/dead-letters/retry", { method: "POST" });
  assert.deepEqual([retried.status, retried.body], [202, { retried: 1 }]);
});
