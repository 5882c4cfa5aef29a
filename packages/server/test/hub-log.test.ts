import assert from "node:assert/strict";
import { test } from "node:test";
import type { HubEvent } from "@openline/hub";
import { hubLog } from "../src/hub-log.ts";
import { createLog } from "../src/log.ts";

const events: [HubEvent, string, string][] = [
  [{ type: "fault", error: new Error("burst") }, "error", "the hub met a fault"],
  [{ type: "insufficient", room: "lobby", position: "e.1.t" }, "warn", "insufficient"],
  [{ type: "session-started", session: "s1" }, "debug", "session-started"],
  [{ type: "connection-closed", code: 1006, reason: "", session: "s1" }, "debug", "connection-closed"],
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
