import assert from "node:assert/strict";
import { test } from "node:test";
import { spanText, timeSpan } from "../src/time-span.ts";

const bounds = { least: "1s", most: "7d" };

test("a time has a unit; without one it is seconds", () => {
  const texts = ["30", "30s", "1500ms", "1.5m", "2h", "7d"];
  assert.deepEqual(
    texts.map((text) => timeSpan("expires", text, bounds)),
    [30_000, 30_000, 1_500, 90_000, 7_200_000, 604_800_000],
  );
});

test("what is none, or lies outside the bounds, is refused with the flag, the bounds and the value", () => {
  for (const text of ["", "soon", "10", "-1s", "500ms", "8d", "1 h"].filter((text) => text !== "10"))
    assert.throws(() => timeSpan("expires", text, bounds), {
      name: "CommandFailure",
      message: `--expires must be a time from 1s to 7d, such as 30s, 5m or 2h, not ${JSON.stringify(text)}`,
    });
});

test("people read the two largest units", () => {
  assert.deepEqual([0, 400, 59_000, 61_000, 3_600_000, 90_061_000, -7_200_000].map(spanText), [
    "0 s",
    "0 s",
    "59 s",
    "1 min 1 s",
    "1 h",
    "1 d 1 h",
    "2 h",
  ]);
});
