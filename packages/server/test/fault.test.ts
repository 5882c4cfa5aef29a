import assert from "node:assert/strict";
import { test } from "node:test";
import { faultCode, faultText } from "../src/fault.ts";

test("the code of an error is read from whatever was thrown", () => {
  assert.equal(faultCode(Object.assign(new Error("x"), { code: "EADDRINUSE" })), "EADDRINUSE");
  for (const thrown of [new Error("x"), null, undefined, "EADDRINUSE", { code: 5 }]) assert.equal(faultCode(thrown), "");
});

test("the text of an error is its message, of anything else the thing itself", () => {
  assert.equal(faultText(new Error("broken")), "broken");
  assert.equal(faultText("thrown text"), "thrown text");
  assert.equal(faultText(undefined), "undefined");
});
