import assert from "node:assert/strict";
import { test } from "node:test";
import { parseClientMessage } from "@openline/wire";
import { clockMs, messageForm } from "../../src/bench/message-form.ts";

test("a plain message has the length that was asked for, and is read back", () => {
  const { write, read } = messageForm({ room: undefined, bytes: 200, token: undefined });
  const text = write(7, 12.5, "0.3");
  assert.equal(text.length, 200);
  assert.deepEqual(read(text), { seq: 7, dueMs: 12.5, sender: "0.3" });
  assert.equal(read("hello"), undefined);
});

test("what goes to a hub is its wire, and what comes from it is found in it", () => {
  const form = messageForm({ room: 'a"b', bytes: 64, token: "secret" });
  for (const text of [...form.greetings, form.write(7, 12.5, "0.3")]) {
    const parsed = parseClientMessage(text);
    assert.ok(parsed.ok, text);
  }
  const data = (JSON.parse(form.write(7, 12.5, "0.3")) as { data: string }).data;
  const heard = form.read(JSON.stringify({ type: "message", room: 'a"b', position: "e.1.t", data, session: "s", time: 1 }));
  assert.deepEqual(heard, { seq: 7, dueMs: 12.5, sender: "0.3" });
  assert.equal(form.read(JSON.stringify({ type: "published", ref: 3, room: "a" })), undefined);
  assert.equal(form.isReady('{"type":"joined","ref":2}'), true);
  assert.equal(form.refusal('{"type":"error","ref":1,"code":"unauthorized","message":"who are you"}'), "unauthorized: who are you");
});

test("the clock goes on", () => {
  const from = clockMs();
  assert.ok(clockMs() >= from);
});
