import assert from "node:assert/strict";
import { test } from "node:test";
import { type LogEntry, type Passing, readEntry, readPassing, writeEntry, writePassing } from "../../src/log/log-text.ts";

const retention = { messages: 5, bytes: 100, ageMs: 60_000 };
const publish: LogEntry = {
  type: "publish",
  id: "n.1",
  room: "räum\n[1]",
  tag: "t",
  time: 3,
  retention,
  idempotency: { key: 'k "1" subject', fingerprint: "f", windowMs: 100 },
  content: '"data":"line\\nbreak\u2028 日本"',
};

test("what one node writes another reads", () => {
  const all: LogEntry[] = [
    publish,
    { ...publish, content: "", idempotency: undefined },
    { type: "candidate", epoch: "e" },
    { type: "known", epoch: "e" },
    { type: "rotate", from: "e", to: "f" },
    { type: "sync", id: "n.2" },
  ];
  for (const entry of all) assert.deepEqual(readEntry(writeEntry(entry)), entry);
});

test("unbounded retention is the largest number that all engines carry", () => {
  const entry = readEntry(writeEntry({ ...publish, retention: { ...retention, messages: Number.POSITIVE_INFINITY } }));
  assert.ok(entry?.type === "publish" && entry.retention.messages === Number.MAX_SAFE_INTEGER);
});

test("what no node of ours writes is not read", () => {
  for (const text of ["", "x", "m", "m{}\n", "mno json\n", "m[1]\n", 'm["a"]']) assert.equal(readEntry(text), undefined, text);
  for (const text of ["", "x", "g", "g{}\n", "gno json\n"]) assert.equal(readPassing(text), undefined, text);
});

test("what is passed on is read again", () => {
  const all: Passing[] = [
    { type: "gossip", text: '{"type":"hello"}' },
    { type: "signal", room: "a\nb", signal: { content: '"data":1', time: 4 } },
    { type: "signal", room: "a", signal: { content: "", time: 4, session: "s" } },
  ];
  for (const passing of all) assert.deepEqual(readPassing(writePassing(passing)), passing);
});
