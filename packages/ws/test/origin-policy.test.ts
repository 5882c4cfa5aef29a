import assert from "node:assert/strict";
import { test } from "node:test";
import { isOriginAllowed, type Origins } from "../src/origin-policy.ts";

const rows: readonly (readonly [
  origins: Origins,
  origin: string | undefined,
  host: string | undefined,
  secure: boolean,
  allowed: boolean,
])[] = [
  ["any", "https://evil.example", "chat.example", true, true],
  ["same-origin", undefined, "chat.example", true, true],
  ["same-origin", "https://chat.example", "chat.example", true, true],
  ["same-origin", "https://chat.example", "chat.example:443", true, true],
  ["same-origin", "http://chat.example:8000", "chat.example:8000", false, true],
  ["same-origin", "http://chat.example", "chat.example", true, false],
  ["same-origin", "https://chat.example:8443", "chat.example", true, false],
  ["same-origin", "https://chat.example.evil.example", "chat.example", true, false],
  ["same-origin", "https://evilchat.example", "chat.example", true, false],
  ["same-origin", "null", "chat.example", true, false],
  ["same-origin", "https://chat.example", undefined, true, false],
  ["same-origin", "https://chat.example", "chat.example@evil.example", true, false],
  [["https://a.example"], "https://a.example", "b.example", true, true],
  [["https://a.example"], "https://a.example.", "b.example", true, false],
  [["https://a.example"], "null", "b.example", true, false],
];

for (const [origins, origin, host, secure, allowed] of rows) {
  test(`O: ${String(origins)} and a page of ${origin ?? "no origin"} at ${secure ? "https" : "http"}://${host}: ${allowed ? "allowed" : "refused"} (RFC 6455 §10.2)`, () => {
    assert.equal(isOriginAllowed(origins, { origin, host, secure }), allowed);
  });
}
