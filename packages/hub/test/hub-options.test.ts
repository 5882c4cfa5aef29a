import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionOf, testHub } from "./support/test-hub.ts";

test("the log tells a session's life: started, its connection closed, resumed, ended and why", () => {
  const { connected, events, clock } = testHub();
  const first = connected();
  const session = sessionOf(first).id;
  first.connection.closed(1006, false);
  const second = connected(undefined, sessionOf(first));
  second.connection.closed(1006, false);
  clock.advance(60_000);
  assert.deepEqual(events, [
    { type: "session-started", session },
    { type: "connection-closed", code: 1006, reason: "", session },
    { type: "session-resumed", session },
    { type: "connection-closed", code: 1006, reason: "", session },
    { type: "session-ended", session, reason: "expired" },
  ]);
});

test("the log never holds a resume secret (R13)", async () => {
  const { connected, events, hub } = testHub();
  const client = connected("Ada");
  await client.join("a");
  await client.join("a", { position: "x" });
  hub.close();
  assert.ok(events.length > 3 && !JSON.stringify(events).includes(sessionOf(client).resume));
});
