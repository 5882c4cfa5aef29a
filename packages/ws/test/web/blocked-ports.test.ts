import assert from "node:assert/strict";
import { test } from "node:test";
import { isBlockedPort } from "../../src/web/blocked-ports.ts";

for (const port of [0, 1, 22, 25, 110, 6000, 6667, 10_080]) {
  test(`port ${port} is blocked (Fetch Standard §2.9)`, () => assert.equal(isBlockedPort(String(port)), true));
}

for (const port of ["", "80", "443", "3000", "8080", "65535"]) {
  test(`port ${JSON.stringify(port)} is not (Fetch Standard §2.9)`, () => assert.equal(isBlockedPort(port), false));
}
