import assert from "node:assert/strict";
import { test } from "node:test";
import { drawArrows } from "../arrows-picture.mjs";

test("every package but the testkit is a box, every import between two boxes an arrow", () => {
  const svg = drawArrows(
    ["protocol", "ws", "testkit", "attic"],
    [
      ["ws", "protocol"],
      ["testkit", "ws"],
    ],
  );
  assert.equal(svg.match(/<rect/g)?.length, 3);
  assert.equal(svg.match(/marker-end/g)?.length, 1);
  assert.doesNotMatch(svg, /testkit/);
});
