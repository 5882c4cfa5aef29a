import assert from "node:assert/strict";
import { test } from "node:test";
import { TextHeartbeat, type TextProbes } from "../src/text-heartbeat.ts";

const rows: readonly (readonly [rule: string, probes: TextProbes, text: string, answer: string | undefined])[] = [
  ["without probes nothing is a heartbeat", {}, "heartbeat", undefined],
  ["L: one text, answered with the default", { probes: "HeartBeat" }, "HeartBeat", "heartbeat"],
  ["L: several texts", { probes: ["HeartBeat", "123456789"], reply: "ok" }, "123456789", "ok"],
  ["the text must be the same to the letter", { probes: ["HeartBeat"] }, "heartbeat", undefined],
  ["a message that only contains it is a message", { probes: ["HeartBeat"] }, "HeartBeat ", undefined],
  ["a function decides", { probes: (text) => text.startsWith("hb:"), reply: "ok" }, "hb:7", "ok"],
  ["and declines", { probes: (text) => text.startsWith("hb:") }, "hb", undefined],
  ["reply may be a function of what came", { probes: "beat", reply: (probe) => `${probe}!` }, "beat", "beat!"],
  ["texts of up to 125 bytes are looked at", { probes: () => true, reply: "ok" }, "x".repeat(125), "ok"],
  ["longer ones are messages", { probes: () => true }, "x".repeat(126), undefined],
  ["bytes count, not characters", { probes: () => true }, "心".repeat(42), undefined],
  ["an empty reply is a reply", { probes: "", reply: "" }, "", ""],
];

for (const [rule, probes, text, answer] of rows) {
  test(rule, () => assert.equal(new TextHeartbeat(probes).answerTo(Buffer.from(text)), answer));
}
