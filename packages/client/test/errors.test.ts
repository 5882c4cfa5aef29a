import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError, clientErrorTable } from "../src/errors.ts";

for (const [code, text] of Object.entries(clientErrorTable)) {
  test(`without a detail ${code} says: ${text}`, () => {
    const error = new ClientError(code);
    assert.deepEqual([error.name, error.code, error.message], ["ClientError", code, `${code}: ${text}`]);
  });
}

test("a server's code and text are passed on, with the time to wait", () => {
  const error = new ClientError("rate-limited", "at most 10 a second", { retryAfterMs: 100 });
  assert.deepEqual([error.code, error.message, error.retryAfterMs], ["rate-limited", "rate-limited: at most 10 a second", 100]);
  assert.equal(new ClientError("toString").message, "toString: refused by the server");
});

test("the cause is kept, and there is none unless given", () => {
  assert.equal(new ClientError("bad-data", "x", { cause: 7 }).cause, 7);
  assert.equal("cause" in new ClientError("bad-data"), false);
});
