import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { FrameLines, parseFrame } from "../../src/fallback/frame-lines.ts";

test("a line is a frame, or it is broken; the prelude is ignored", () => {
  const broken = { kind: "broken" };
  for (const [line, frame] of [
    ["o", { kind: "open" }],
    ["h", { kind: "heartbeat" }],
    ["h".repeat(2048), { kind: "ignored" }],
    ['a["x","通知"]', { kind: "messages", texts: ["x", "通知"] }],
    ["a[]", { kind: "messages", texts: [] }],
    ['c[1001,"bye"]', { kind: "close", code: 1001, reason: "bye" }],
    ["a[1]", broken],
    ['a["x"', broken],
    ["c[1001]", broken],
    ["", broken],
    ["<html>", broken],
    ['b["x"]', broken],
  ] as const)
    assert.deepEqual(parseFrame(line), frame, line);
});

test("lines come whole, however they were cut", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[^\n]*$/)), fc.array(fc.nat(20)), (lines, cuts) => {
      const text = lines.map((line) => `${line}\n`).join("");
      const taken = new FrameLines();
      const got: string[] = [];
      let from = 0;
      for (const cut of [...cuts, text.length]) {
        got.push(...taken.take(text.slice(from, from + cut)));
        from += cut;
      }
      assert.deepEqual(got, lines);
      assert.equal(taken.isTorn, false);
      taken.take("a[");
      assert.equal(taken.isTorn, true);
    }),
  );
});
