import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSettings } from "../../src/configuration.ts";
import { listeningEntries } from "../../src/setting-entries/listening-entries.ts";

test("host, port, path and keys arrive from flags, and from variables where there is no flag", () => {
  const environment = {
    OPENLINE_PORT: "1",
    OPENLINE_API_KEY: "key-0123456789abcdef,publish:key-fedcba9876543210",
    OPENLINE_ANONYMOUS: "true",
  };
  const { port, host, basePath, apiKeys, anonymous } = loadSettings({
    flags: { port: "9000", host: "0.0.0.0", "base-path": "/ws" },
    environment,
  });
  assert.deepEqual([port, host, basePath, anonymous], [9000, "0.0.0.0", "/ws/", true]);
  assert.deepEqual(apiKeys, ["key-0123456789abcdef", "publish:key-fedcba9876543210"]);
});

test("of a key nothing is shown", () => {
  assert.deepEqual(
    listeningEntries.filter(({ secret }) => secret !== undefined).map(({ flag, secret }) => [flag, secret]),
    [["api-key", "whole"]],
  );
});
