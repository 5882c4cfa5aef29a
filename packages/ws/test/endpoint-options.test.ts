import assert from "node:assert/strict";
import { test } from "node:test";
import { PROFILES } from "@openline/protocol";
import { checkEndpointOptions, connectionOptions, screenRules } from "../src/endpoint-options.ts";
import { WebSocketServer } from "../src/websocket-server.ts";

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

test("options that cannot be are named when the endpoint is made, not with its first connection", () => {
  const wrong = [
    [{ closeTimeout: -1 }, /closeTimeoutMs is -1/],
    [{ highWaterBytes: 10, lowWaterBytes: 20 }, /lowWaterBytes is 20/],
    [{ idleTimeoutMs: 0 }, /idleTimeoutMs is 0/],
    [{ fragmentBytes: 0 }, /fragmentBytes is 0/],
    [{ heartbeat: { intervalMs: 0, timeoutMs: 1 } }, /heartbeat\.intervalMs is 0/],
    [{ heartbeat: { intervalMs: 1, timeoutMs: 1, reply: "x" } }, /reply is for the mode "text"/],
    [{ messages: "views" as "view" }, /messages is "views": it must be "copy" or "view"/],
  ] as const;
  for (const [options, message] of wrong) {
    assert.throws(() => checkEndpointOptions("server", options, PROFILES.server), message);
    assert.throws(() => new WebSocketServer({ noServer: true, ...options }), message);
  }
});

test("the server profile screens messages, the ws profile only where an option asks for it", () => {
  assert.equal(screenRules({}, PROFILES.ws), undefined);
  assert.equal(screenRules({ heartbeat: { mode: "text", intervalMs: 1, timeoutMs: 1 } }, PROFILES.ws), undefined);
  assert.equal(screenRules({}, PROFILES.server)?.onHandlerError, "close");
  assert.equal(screenRules({ accept: "text" }, PROFILES.ws)?.accept, "text");
  assert.equal(screenRules({ onHandlerError: "throw" }, PROFILES.server), undefined);
  const beats = screenRules({ heartbeat: { mode: "text", intervalMs: 1, timeoutMs: 1, text: "alive", probes: "?" } }, PROFILES.ws);
  assert.equal(beats?.heartbeat?.answerTo(Buffer.from("?")), "alive");
});

test("the profiles differ in cap, policy and fragments; an option overrides each", () => {
  const { maxQueueBytes, queuePolicy, fragmentBytes } = connectionOptions("server", {}, PROFILES.server);
  assert.deepEqual([maxQueueBytes, queuePolicy, fragmentBytes], [1_048_576, "close", 65_536]);
  const lone = connectionOptions("server", {}, PROFILES.ws);
  assert.deepEqual([lone.maxQueueBytes, lone.fragmentBytes], [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  const own = connectionOptions("server", { maxQueueBytes: 5, queuePolicy: "drop", fragmentBytes: 7 }, PROFILES.server);
  assert.deepEqual([own.maxQueueBytes, own.queuePolicy, own.fragmentBytes], [5, "drop", 7]);
});
