import assert from "node:assert/strict";
import { test } from "node:test";
import { OutgoingLine, textLine } from "../../src/run/outgoing-line.ts";

test("the frame is built once", () => {
  const line = new OutgoingLine(Buffer.from("hello"), false);
  assert.equal(line.frame, line.frame);
});

test("bytes that are no UTF-8 are replaced, or there is no line (RFC 6455 §8.1)", () => {
  const bad = Buffer.from([0x61, 0xff, 0x62]);
  assert.equal(textLine(bad, "replace")?.data.toString(), "a\ufffdb");
  assert.equal(textLine(bad, "close"), undefined);
  assert.equal(textLine(Buffer.from("你好 👋"), "close")?.data.toString(), "你好 👋");
});
