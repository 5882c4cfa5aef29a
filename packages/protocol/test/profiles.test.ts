import assert from "node:assert/strict";
import test from "node:test";
import { Machine } from "../src/machine.ts";
import { PROFILES } from "../src/profiles.ts";
import { platform } from "./node-platform.ts";

test("the ws profile has the defaults of ws 8", () => {
  const { maxPayloadBytes, maxFragments, heartbeat, versions, versionStatus, originPolicy, maxQueueBytes } = PROFILES.ws;
  assert.deepEqual(
    { maxPayloadBytes, maxFragments, heartbeat, versions, versionStatus, originPolicy, maxQueueBytes },
    {
      maxPayloadBytes: 104_857_600,
      maxFragments: 16_384,
      heartbeat: undefined,
      versions: [13, 8],
      versionStatus: 400,
      originPolicy: "any",
      maxQueueBytes: Number.POSITIVE_INFINITY,
    },
  );
});

test("the server profile: 64 KiB messages, 426, heartbeat 25 s and 10 s, same origin, deadlines", () => {
  const { maxPayloadBytes, heartbeat, versions, versionStatus, originPolicy, handshakeTimeoutMs } = PROFILES.server;
  assert.deepEqual(
    { maxPayloadBytes, heartbeat, versions, versionStatus, originPolicy, handshakeTimeoutMs },
    {
      maxPayloadBytes: 65_536,
      heartbeat: { intervalMs: 25_000, timeoutMs: 10_000 },
      versions: [13],
      versionStatus: 426,
      originPolicy: "same-origin",
      handshakeTimeoutMs: 10_000,
    },
  );
});

test("the server profile caps queues and leaves large messages as fragments; the ws profile does neither, as ws", () => {
  const { fragmentBytes, maxQueueBytes, queuePolicy, onHandlerError, maxHeaderFields, maxHeaderBytes } = PROFILES.server;
  assert.deepEqual(
    { fragmentBytes, maxQueueBytes, queuePolicy, onHandlerError, maxHeaderFields, maxHeaderBytes },
    {
      fragmentBytes: 65_536,
      maxQueueBytes: 1_048_576,
      queuePolicy: "close",
      onHandlerError: "close",
      maxHeaderFields: 100,
      maxHeaderBytes: 16_384,
    },
  );
  assert.equal(PROFILES.ws.fragmentBytes, Number.POSITIVE_INFINITY);
  assert.equal(PROFILES.ws.onHandlerError, "throw");
});

test("a profile can be spread into a machine's options, and nobody can change it", () => {
  for (const profile of Object.values(PROFILES)) {
    const machine = new Machine({ ...profile, role: "server", platform, now: 5 });
    assert.equal(machine.deadline, profile.heartbeat === undefined ? Number.POSITIVE_INFINITY : 5 + profile.heartbeat.intervalMs);
    assert.ok(Object.isFrozen(profile));
  }
});
