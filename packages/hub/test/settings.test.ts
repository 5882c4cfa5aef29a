import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { settingsOf } from "../src/settings.ts";
import { countingIds } from "./support/test-hub.ts";

test("what is not given has its documented default; what is given is merged, not replaced", () => {
  const clock = new FakeClock();
  const settings = settingsOf({ clock, ids: countingIds(), limits: { nameBytes: 10 }, rules: { presence: false } });
  const { sessionTtlMs, rejoinGraceMs, connectTimeoutMs, outboundBytes, pendingBytes, heartbeat, node, ownsBroker } = settings;
  assert.deepEqual(
    { sessionTtlMs, rejoinGraceMs, connectTimeoutMs, outboundBytes, pendingBytes, heartbeat, node, ownsBroker },
    {
      sessionTtlMs: 60_000,
      rejoinGraceMs: 5_000,
      connectTimeoutMs: 10_000,
      outboundBytes: 1_048_576,
      pendingBytes: 1_048_576,
      heartbeat: { intervalMs: 25_000, timeoutMs: 10_000, minIntervalMs: 1_000, maxIntervalMs: 120_000 },
      node: "n1",
      ownsBroker: true,
    },
  );
  assert.deepEqual([settings.limits.nameBytes, settings.limits.messageBytes], [10, 65_536]);
  assert.deepEqual([settings.rules.base.presence, settings.rules.base.history.messages], [false, 1000]);
});
