import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSettings } from "../../src/configuration.ts";
import { applicationEntries } from "../../src/setting-entries/application-entries.ts";

test("what the application is told and asked arrives from flags", () => {
  const { webhook, ask } = loadSettings({
    flags: {
      "webhook-url": "https://app.example/hook",
      "webhook-event": ["join", "leave"],
      "webhook-attempts": "3",
      "webhook-timeout-ms": "700",
      "webhook-parallel": "2",
      "ask-url": "https://app.example/ask",
      "ask-about": ["publish"],
      "ask-timeout-ms": "800",
    },
  });
  assert.deepEqual(
    [webhook.url, webhook.events, webhook.attempts, webhook.timeoutMs, webhook.parallel],
    ["https://app.example/hook", ["join", "leave"], 3, 700, 2],
  );
  assert.deepEqual([ask.url, ask.about, ask.timeoutMs], ["https://app.example/ask", ["publish"], 800]);
});

test("of secrets nothing is shown, of addresses no password", () => {
  assert.deepEqual(
    applicationEntries.filter(({ secret }) => secret !== undefined).map(({ flag, secret }) => [flag, secret]),
    [
      ["webhook-url", "address"],
      ["webhook-secret", "whole"],
      ["ask-url", "address"],
      ["ask-secret", "whole"],
    ],
  );
});
