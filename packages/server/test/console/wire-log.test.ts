import assert from "node:assert/strict";
import { test } from "node:test";
import { WireLog } from "../../console/wire-log.ts";

test("an answer measures the round trip of the request with its ref, once", () => {
  let now = 100;
  const log = new WireLog(() => now);
  log.sent('{"type":"publish","ref":7}');
  now = 103.5;
  log.received('{"type":"message"}');
  assert.equal(log.roundTripMs, undefined);
  log.received('{"type":"published","ref":7}');
  assert.equal(log.roundTripMs, 3.5);
  now = 200;
  log.received('{"type":"published","ref":7}');
  assert.equal(log.roundTripMs, 3.5);
});

test("a request of a connection that broke measures nothing on the next one", () => {
  const log = new WireLog(() => 0);
  log.sent('{"type":"join","ref":1}');
  log.opened();
  log.received('{"type":"joined","ref":1}');
  assert.equal(log.roundTripMs, undefined);
});

test("the secret of the session never comes into the log (hub-v1, From the server)", () => {
  const log = new WireLog(() => 0);
  log.received('{"type":"connected","ref":0,"session":{"id":"s7","resume":"b0Zr"}}');
  log.sent('{"type":"connect","ref":0,"session":{"id":"s7","resume":"b0Zr"}}');
  for (const event of log.events) {
    assert.ok(!event.text.includes("b0Zr"), event.text);
    assert.ok(event.text.includes('"id":"s7"'), event.text);
  }
});

test("the log keeps the last 60 messages, each cut to what fits a screen; what is no JSON is kept too", () => {
  const log = new WireLog(() => 0);
  for (let i = 0; i < 100; i++) log.received(JSON.stringify({ type: "message", i, data: "x".repeat(1000) }));
  log.received("not json");
  assert.equal(log.events.length, 60);
  assert.equal(log.events.at(-1)?.type, "?");
  assert.ok(log.events.every((event) => event.text.length <= 241));
});
