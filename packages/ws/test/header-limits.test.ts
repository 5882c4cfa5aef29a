import assert from "node:assert/strict";
import { test } from "node:test";
import { headerExcess } from "../src/header-limits.ts";

const none = { maxHeaderFields: Number.POSITIVE_INFINITY, maxHeaderBytes: Number.POSITIVE_INFINITY };

test("R16: fields and bytes at the limit pass, one more is named with the limit", () => {
  const raw = ["Host", "a", "Cookie", "bcd"];
  assert.equal(headerExcess(raw, { ...none, maxHeaderFields: 2 }), undefined);
  assert.equal(headerExcess(raw, { ...none, maxHeaderFields: 1 }), "2 header fields, 1 are allowed");
  // "Host: a\r\n" is 9 bytes, "Cookie: bcd\r\n" 13.
  assert.equal(headerExcess(raw, { ...none, maxHeaderBytes: 22 }), undefined);
  assert.equal(headerExcess(raw, { ...none, maxHeaderBytes: 21 }), "22 bytes of header fields, 21 are allowed");
});

test("without limits nothing is too much", () => {
  assert.equal(
    headerExcess(
      Array.from({ length: 10_000 }, () => "x".repeat(100)),
      none,
    ),
    undefined,
  );
});
