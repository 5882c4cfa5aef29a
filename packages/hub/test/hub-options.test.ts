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
  const opened = { type: "connection-opened", transport: "test" };
  const reason = "the transport ended without a closing handshake";
  const closed = { type: "connection-closed", session, by: "transport", code: 1006, reason };
  assert.deepEqual(events, [
    { ...opened, connection: "n1.1" },
    { type: "session-started", session },
    { ...closed, connection: "n1.1" },
    { ...opened, connection: "n1.2" },
    { type: "session-resumed", session },
    { ...closed, connection: "n1.2" },
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
