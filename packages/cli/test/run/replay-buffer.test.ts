import assert from "node:assert/strict";
import { test } from "node:test";
import { OutgoingLine } from "../../src/run/outgoing-line.ts";
import { ReplayBuffer } from "../../src/run/replay-buffer.ts";

function filled(most: number, maxBytes: number, texts: readonly string[]): string[] {
  const buffer = new ReplayBuffer(most, maxBytes);
  for (const text of texts) buffer.add(new OutgoingLine(Buffer.from(text), false));
  return buffer.lines.map(({ data }) => data.toString());
}

test("the last N lines are kept, oldest first", () => {
  assert.deepEqual(filled(2, 100, ["a", "b", "c"]), ["b", "c"]);
  assert.deepEqual(filled(0, 100, ["a"]), []);
});

test("and no more bytes than the cap, but always the last line", () => {
  assert.deepEqual(filled(10, 5, ["aaa", "bbb", "c"]), ["bbb", "c"]);
  assert.deepEqual(filled(10, 2, ["aaa", "bbb"]), ["bbb"]);
});
