import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { TabLine } from "../../src/shared/tab-line.ts";
import { FakeTabs } from "./fake-tabs.ts";

test("a line says at once that it is open, and is silent after its end, whoever ended it", () => {
  const clock = new FakeClock();
  const tabs = new FakeTabs(clock);
  const heard: unknown[] = [];
  const told: unknown[] = [];
  const far = tabs.tab().channel("line");
  far.listen((message) => heard.push(message));
  const line = new TabLine("tab", true, tabs.tab().channel("line"), {
    text: (_, text) => told.push(text),
    closed: (_, code) => told.push(code),
    visibility: ({ hidden }) => told.push(hidden),
  });
  far.post({ kind: "hidden", hidden: false });
  far.post({ kind: "close", code: 1000 });
  far.post({ kind: "text", text: "late" });
  clock.advance(5);
  line.send("late");
  clock.advance(5);
  assert.deepEqual([heard, told, line.hidden], [[{ kind: "open" }], [false, 1000], false]);
});
