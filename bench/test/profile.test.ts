import assert from "node:assert/strict";
import { test } from "node:test";
import { hottest, largestAllocators } from "../harness/profile.ts";

const frame = (id: number, functionName: string, url = "", lineNumber = -1) => ({ id, callFrame: { functionName, url, lineNumber } });

const profile = JSON.stringify({
  nodes: [
    frame(1, "(idle)"),
    frame(2, "writev"),
    frame(3, "flush", "file:///somewhere/packages/ws/dist/connection.js", 119),
    frame(4, "", "node:net", 699),
    // The same function, called from elsewhere.
    frame(5, "flush", "file:///somewhere/packages/ws/dist/connection.js", 119),
  ],
  samples: [1, 2, 3, 4, 5, 2],
  timeDeltas: [1000, 30, 10, 20, 10, 30],
});

test("functions by their own share of the time that was not idle, wherever they were called from", () => {
  assert.deepEqual(hottest(profile, 2), [
    { name: "writev", place: "native", share: 0.6 },
    { name: "flush", place: "packages/ws/dist/connection.js:120", share: 0.2 },
  ]);
});

test("what was before the given second does not count", () => {
  assert.deepEqual(hottest(profile, 9, 0.00105), [
    { name: "writev", place: "native", share: 0.5 },
    { name: "(anonymous)", place: "node:net:700", share: 1 / 3 },
    { name: "flush", place: "packages/ws/dist/connection.js:120", share: 1 / 6 },
  ]);
});

test("a function without a name is called anonymous, and Node's own are named by module", () => {
  assert.deepEqual(hottest(profile, 9).at(-1), { name: "(anonymous)", place: "node:net:700", share: 0.2 });
});

test("allocators by their own share of what is alive, wherever they were called from", () => {
  const node = (functionName: string, selfSize: number, children: object[] = []): object => ({
    ...frame(1, functionName),
    selfSize,
    children,
  });
  const head = node("(root)", 0, [node("open", 20, [node("make", 30)]), node("make", 50), node("quiet", 0)]);
  assert.deepEqual(largestAllocators(JSON.stringify({ head }), 5), [
    { name: "make", place: "native", share: 0.8 },
    { name: "open", place: "native", share: 0.2 },
  ]);
});
