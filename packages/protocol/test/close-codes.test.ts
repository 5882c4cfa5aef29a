import assert from "node:assert/strict";
import test from "node:test";
import { CLOSE_CODES, closeCodeName, isReceivableCloseCode, isSendableCloseCode } from "../src/close-codes.ts";

test("1000 to 1003, 1007 to 1014 and 3000 to 4999 may stand in a close frame, nothing else (RFC 6455 §7.4)", () => {
  for (let code = -1; code <= 70_000; code++) {
    const allowed = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
    assert.equal(isReceivableCloseCode(code), allowed, String(code));
    assert.equal(isSendableCloseCode(code), allowed, String(code));
  }
  for (const code of [1000.5, Number.NaN, Number.POSITIVE_INFINITY, 3000.1]) assert.equal(isSendableCloseCode(code), false);
});

test("the registry lists 1000 to 1015 in order, and 1004, 1005, 1006, 1015 never go on the wire (RFC 6455 §7.4.1)", () => {
  assert.deepEqual(
    CLOSE_CODES.map((entry) => entry.code),
    Array.from({ length: 16 }, (_, at) => 1000 + at),
  );
  assert.deepEqual(
    CLOSE_CODES.filter((entry) => !entry.onWire).map((entry) => entry.code),
    [1004, 1005, 1006, 1015],
  );
});

test("each close code has a name (RFC 6455 §7.4)", () => {
  const names = [
    [1000, "normal closure"],
    [1009, "message too big"],
    [3500, "library"],
    [4999, "application"],
    [2000, "unassigned"],
  ] as const;
  for (const [code, name] of names) assert.equal(closeCodeName(code), name);
});
