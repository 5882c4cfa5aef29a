import assert from "node:assert/strict";
import { test } from "node:test";
import { PROFILES } from "@openline/protocol";
import { connectionOptions } from "../src/endpoint-options.ts";

test("without options the profile's defaults hold", () => {
  const drop = connectionOptions("server", {}, PROFILES.ws);
  assert.equal(drop.maxPayloadBytes, 104_857_600);
  assert.equal(drop.maxFragments, 16_384);
  assert.equal(drop.closeTimeoutMs, 30_000);
  assert.equal(drop.heartbeat, undefined);
  assert.equal(drop.oneEventPerTurn, false);
  const secure = connectionOptions("server", {}, PROFILES.server);
  assert.equal(secure.maxPayloadBytes, 65_536);
  assert.deepEqual(secure.heartbeat, { intervalMs: 25_000, timeoutMs: 10_000 });
});

test("0 means no limit, as in ws", () => {
  assert.equal(connectionOptions("server", { maxPayload: 0, maxFragments: 0 }, PROFILES.ws).maxPayloadBytes, Number.POSITIVE_INFINITY);
});

test("a high-water mark alone brings its low-water mark", () => {
  assert.equal(connectionOptions("server", { highWaterBytes: 1000 }, PROFILES.server).lowWaterBytes, 250);
});

test("heartbeat: false turns the profile's off", () => {
  assert.equal(connectionOptions("server", { heartbeat: false }, PROFILES.server).heartbeat, undefined);
});
