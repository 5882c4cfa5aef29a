import assert from "node:assert/strict";
import { test } from "node:test";
import { BrokerError, textOf } from "../src/broker-error.ts";

test("a broker's error has its code, its own name, and the cause that led to it", () => {
  const cause = new Error("ECONNREFUSED");
  const error = new BrokerError("unreachable", "cannot use the Redis", cause);
  assert.ok(error instanceof Error);
  assert.equal(error.code, "unreachable");
  assert.equal(String(error), "BrokerError: cannot use the Redis");
  assert.equal(error.cause, cause);
});

test("an error without a cause has no cause at all, so that none is printed", () => {
  assert.equal(Object.hasOwn(new BrokerError("closed", "the broker is closed"), "cause"), false);
});

test("whatever was thrown has a text: an error its message, all else itself as text", () => {
  assert.equal(textOf(new TypeError("bad input")), "bad input");
  assert.equal(textOf("just text"), "just text");
  assert.equal(textOf(undefined), "undefined");
});
