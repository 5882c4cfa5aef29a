import assert from "node:assert/strict";
import { test } from "node:test";
import { Listeners } from "../../src/fallback/listeners.ts";

test("each listener gets the events of its type, in the order in which they were added", () => {
  const listeners = new Listeners();
  const told: unknown[] = [];
  listeners.add("message", ({ data }) => told.push(["first", data]));
  listeners.add("open", ({ type }) => told.push(type));
  listeners.add("close", ({ code }) => told.push(code));
  listeners.emit("message", { data: "a" });
  listeners.emit("open");
  listeners.emit("close", { code: 1006 });
  assert.deepEqual(told, [["first", "a"], "open", 1006]);
});

test("a browser's event goes on whole: what it says stands on its prototype", () => {
  const listeners = new Listeners();
  const told: unknown[] = [];
  listeners.add("message", ({ data }) => told.push(data));
  listeners.emit("message", new MessageEvent("message", { data: "a" }));
  assert.deepEqual(told, ["a"]);
});
