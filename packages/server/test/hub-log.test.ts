import assert from "node:assert/strict";
import { test } from "node:test";
import type { HubEvent } from "@openline/hub";
import { hubLog } from "../src/hub-log.ts";
import { createLog } from "../src/log.ts";

const events: [HubEvent, string, string][] = [
  [{ type: "fault", error: new Error("burst") }, "error", "the hub met a fault"],
  [{ type: "insufficient", room: "lobby", position: "e.1.t" }, "warn", "insufficient"],
  [{ type: "session-started", session: "s1" }, "debug", "session-started"],
  [{ type: "connection-opened", connection: "n1.1", transport: "websocket" }, "debug", "connection-opened"],
  [
    { type: "connection-closed", connection: "n1.1", by: "transport", code: 1006, reason: "no pong", session: "s1" },
    "info",
    "connection-closed",
  ],
  [{ type: "access-refused", connection: "n1.1", code: "forbidden", reason: "no" }, "info", "access-refused"],
  [{ type: "cut-off", connections: 7 }, "warn", "cut-off"],
];
for (const [event, level, message] of events) {
  test(`${event.type} is logged as ${level}`, () => {
    const lines: string[] = [];
    hubLog(createLog({ level: "trace", destination: { write: (line) => void lines.push(line) } }))(event);
    const { msg, level: written, err } = JSON.parse(lines[0] ?? "{}");
    assert.deepEqual([lines.length, written, msg], [1, level, message]);
    if (event.type === "fault") assert.equal(err.message, "burst");
  });
}
