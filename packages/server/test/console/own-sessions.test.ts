import assert from "node:assert/strict";
import { test } from "node:test";
import { RememberedSessions } from "../../console/own-sessions.ts";

test("sessions are remembered over a reload, the last twenty of them", () => {
  const items = new Map<string, string>();
  const memory = { getItem: (key: string) => items.get(key) ?? null, setItem: (key: string, value: string) => void items.set(key, value) };
  const before = new RememberedSessions(memory);
  for (let i = 0; i < 25; i++) before.add(`s${i}`);
  const after = new RememberedSessions(memory);
  assert.equal(after.has("s24"), true);
  assert.equal(after.has("s5"), true);
  assert.equal(after.has("s4"), false);
});
