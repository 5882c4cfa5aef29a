import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSettings } from "../../src/configuration.ts";
import { operationEntries } from "../../src/setting-entries/operation-entries.ts";

test("log, workers, SockJS and drain arrive from variables", () => {
  const settings = loadSettings({
    environment: {
      OPENLINE_LOG_LEVEL: "warn",
      OPENLINE_LOG_FORMAT: "json",
      OPENLINE_WORKERS: "2",
      OPENLINE_SOCKJS: "off",
      OPENLINE_SOCKJS_PATH: "echo",
      OPENLINE_DRAIN_MS: "1",
      OPENLINE_DRAIN_DELAY_MS: "2",
      OPENLINE_DRAIN_SPREAD_MS: "3",
      OPENLINE_DRAIN_CODE: "1012",
      OPENLINE_DRAIN_RETRY_MS: "4",
    },
  });
  const { logLevel, logFormat, workers, sockjs, drainMs, drainDelayMs, drainSpreadMs, drainCode, drainRetryMs } = settings;
  assert.deepEqual([logLevel, logFormat, workers, sockjs.serve, sockjs.path], ["warn", "json", 2, "off", "echo"]);
  assert.deepEqual([drainMs, drainDelayMs, drainSpreadMs, drainCode, drainRetryMs], [1, 2, 3, 1012, 4]);
});

test("nothing of it is a secret", () => {
  assert.ok(operationEntries.every(({ secret }) => secret === undefined));
});
