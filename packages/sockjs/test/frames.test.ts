import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { closeFrame, encodeMessage, heartbeatFrame, messagesFrame, openFrame, quote } from "../src/frames.ts";

test("frames are o, h, a[…] and c[code,reason] (facts §4)", () => {
  assert.deepEqual([openFrame, heartbeatFrame], ["o", "h"]);
  assert.equal(messagesFrame([encodeMessage("a"), encodeMessage('"')]), String.raw`a["a","\""]`);
  assert.equal(closeFrame(3000, "Go away!"), 'c[3000,"Go away!"]');
});

test("what browsers change under way is escaped in lower-case hex, as are control characters and lone surrogates (facts §4)", () => {
  for (const [text, json] of [
    ["\u200b\u200c\u200f\u2010", '"\u200b\\u200c\\u200f\u2010"'],
    ["\u2027\u2028\u202f\u2030", '"\u2027\\u2028\\u202f\u2030"'],
    ["\u2060\u206f\u2070", '"\\u2060\\u206f\u2070"'],
    ["\uffef\ufff0\uffff", '"\uffef\\ufff0\\uffff"'],
    ["\0\n\r\x1f", String.raw`"\u0000\n\r\u001f"`],
    ["\ud83c", String.raw`"\ud83c"`],
    ["🎉", '"🎉"'],
  ] as const)
    assert.equal(quote(text), json);
});

test("U: any text comes back from its frame as it was, Chinese, emoji and combining characters included", () => {
  for (const text of ["通知", "👩‍👩‍👧", "e\u0301\u0300"])
    assert.deepEqual(JSON.parse(messagesFrame([encodeMessage(text)]).slice(1)), [text]);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
      assert.deepEqual(JSON.parse(messagesFrame(texts.map(encodeMessage)).slice(1)), texts);
    }),
  );
});

test("an encoded message knows its bytes in UTF-8", () => {
  assert.equal(encodeMessage("通知🎉").bytes, 12);
});
