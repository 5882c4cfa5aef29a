import assert from "node:assert/strict";
import { test } from "node:test";
import { CheckedMessage, passOn } from "../src/message-checks.ts";

test("a message's text is its bytes decoded, Chinese and emoji included", () => {
  const message = new CheckedMessage(Buffer.from("中文 👍🏽"), false);
  assert.equal(message.text, "中文 👍🏽");
  assert.equal(message.text, message.text);
});

test("undefined passes the message itself, drop none", () => {
  const message = new CheckedMessage(Buffer.from("x"), true);
  assert.equal(passOn(message, undefined), message);
  assert.equal(passOn(message, { drop: true }), undefined);
});

const rows = [
  ["a string goes on as text", { data: "new" }, false],
  ["bytes go on as binary", { data: Buffer.from("new") }, true],
  ["binary: true sends a string on as binary", { data: "new", binary: true }, true],
  ["binary: false sends bytes on as text", { data: Buffer.from("new"), binary: false }, false],
] as const;

for (const [rule, verdict, isBinary] of rows) {
  test(rule, () => {
    const passed = passOn(new CheckedMessage(Buffer.from("old"), false), verdict);
    assert.deepEqual([passed?.text, passed?.isBinary], ["new", isBinary]);
  });
}
