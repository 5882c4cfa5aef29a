import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ClientError, type ClientErrorCode } from "../src/errors.ts";

// The compiler sees that none is missing.
const codes: Readonly<Record<ClientErrorCode, true>> = {
  "bad-url": true,
  "insecure-url": true,
  "bad-option": true,
  "bad-data": true,
  "bad-name": true,
  "bad-publish-id": true,
  "no-websocket": true,
  "too-large": true,
  "queue-full": true,
  "not-connected": true,
  disconnected: true,
  unknown: true,
  closed: true,
  "token-failed": true,
  "bad-server-message": true,
  "listener-failed": true,
};

test("docs/client.md tells what each code of the client means, and names no other", () => {
  const page = readFileSync(new URL("../../../docs/client.md", import.meta.url), "utf8");
  const section = page.slice(page.indexOf("## Errors"));
  const rows = [...section.matchAll(/^\| `([a-z-]+)` +\| \S/gm)].map(([, code]) => code);
  assert.deepEqual(rows.toSorted(), Object.keys(codes).toSorted());
});

test("an error that needs no detail says what it means without one", () => {
  for (const code of ["no-websocket", "not-connected", "disconnected", "closed"]) {
    const error = new ClientError(code);
    assert.deepEqual([error.name, error.code], ["ClientError", code]);
    assert.doesNotMatch(error.message, /refused by the server/);
    assert.ok(error.message.startsWith(`${code}: `));
  }
});

test("a server's code and text are passed on, with the time to wait", () => {
  const error = new ClientError("rate-limited", "at most 10 a second", { retryAfterMs: 100 });
  assert.deepEqual([error.code, error.message, error.retryAfterMs], ["rate-limited", "rate-limited: at most 10 a second", 100]);
  assert.equal(new ClientError("toString").message, "toString: refused by the server");
});

test("the cause is kept, and there is none unless given", () => {
  assert.equal(new ClientError("bad-data", "x", { cause: 7 }).cause, 7);
  assert.equal("cause" in new ClientError("bad-data"), false);
});
