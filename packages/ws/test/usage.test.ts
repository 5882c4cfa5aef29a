import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { checkCloseFrame, checkControlBytes } from "../src/usage.ts";

test("close codes that may be sent pass, with their reason (RFC 6455 §7.4)", () => {
  for (const code of [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999]) assert.equal(checkCloseFrame(code, "why"), "why");
  assert.equal(checkCloseFrame(1000, undefined), "");
  assert.equal(checkCloseFrame(1000, Buffer.from("é")), "é");
});

test("without a code there is no reason, as in ws (RFC 6455 §5.5.1)", () => {
  assert.equal(checkCloseFrame(undefined, "why"), "");
});

test("codes that may not be sent are a TypeError with code and value (RFC 6455 §7.4.1)", () => {
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, "1000", null]) {
    assert.throws(() => checkCloseFrame(code, ""), {
      name: "TypeError",
      code: "USAGE_CLOSE_CODE",
      message: `First argument must be a valid error code number: ${inspect(code)}`,
    });
  }
});

test("a reason of 123 bytes passes, of 124 it is a RangeError (RFC 6455 §5.5)", () => {
  assert.equal(checkCloseFrame(1000, "a".repeat(123)).length, 123);
  assert.throws(() => checkCloseFrame(1000, "é".repeat(62)), {
    name: "RangeError",
    code: "USAGE_CLOSE_REASON",
    message: "The message must not be greater than 123 bytes: 124",
  });
  assert.throws(() => checkCloseFrame(1000, 5), { name: "TypeError", code: "USAGE_CLOSE_REASON" });
});

test("125 bytes in a ping or pong pass, 126 are a RangeError (RFC 6455 §5.5)", () => {
  checkControlBytes(125);
  assert.throws(() => checkControlBytes(126), {
    name: "RangeError",
    code: "USAGE_CONTROL_PAYLOAD",
    message: "The data size must not be greater than 125 bytes: 126",
  });
});
