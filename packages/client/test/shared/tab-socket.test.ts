import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { TabLine } from "../../src/shared/tab-line.ts";
import { TabSocket } from "../../src/shared/tab-socket.ts";
import { FakeTabs } from "./fake-tabs.ts";

/** Both ends of one line, and what each of them heard. */
function pair(): { clock: FakeClock; socket: TabSocket; line: TabLine; heard: unknown[]; told: unknown[] } {
  const clock = new FakeClock();
  const tabs = new FakeTabs(clock);
  const heard: unknown[] = [];
  const told: unknown[] = [];
  const socket = new TabSocket(tabs.tab().channel("line"));
  for (const type of ["open", "message", "close"] as const) socket.addEventListener(type, (event) => heard.push([type, event]));
  const line = new TabLine("tab", false, tabs.tab().channel("line"), {
    text: (_, text) => told.push(text),
    closed: (_, code) => told.push(code),
    visibility: ({ hidden }) => told.push(hidden),
  });
  clock.advance(5);
  return { clock, socket, line, heard, told };
}

test("a tab's socket opens when the leader has its end, and brings texts both ways in order", () => {
  const { clock, socket, line, heard, told } = pair();
  assert.equal(socket.isOpen, true);
  for (const text of ["one", "two"]) socket.send(text);
  line.send("three");
  socket.setHidden(true);
  clock.advance(5);
  assert.deepEqual(told, ["one", "two", true]);
  assert.deepEqual(heard, [
    ["open", {}],
    ["message", { data: "three" }],
  ]);
  assert.equal(line.hidden, true);
});

test("either end closes once: the other hears the code, and nothing comes afterwards", () => {
  const fromTab = pair();
  fromTab.socket.close(4500);
  fromTab.socket.close();
  fromTab.socket.send("late");
  fromTab.line.send("late");
  fromTab.clock.advance(5);
  assert.deepEqual([fromTab.told, fromTab.heard.length], [[4500], 2]);
  const fromLeader = pair();
  fromLeader.line.end({ code: 4503, reason: "too-slow" });
  fromLeader.line.end({ code: 1000, reason: "again" });
  fromLeader.clock.advance(5);
  assert.deepEqual(fromLeader.heard.at(-1), ["close", { code: 4503, reason: "too-slow" }]);
  assert.equal(fromLeader.socket.isClosed, true);
});

test("a socket whose leader is gone ends as a broken one, once", () => {
  const { socket, heard } = pair();
  socket.lost();
  socket.lost();
  assert.deepEqual(heard.slice(1), [["close", { code: 1006, reason: "the leading tab is gone" }]]);
});
