import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "../src/address.ts";

const good = [
  ["ws://example.org/chat?a=1", { isSecure: false, port: 80, host: "example.org", target: "/chat?a=1" }],
  ["wss://example.org", { isSecure: true, port: 443, target: "/" }],
  ["http://example.org:81/", { href: "ws://example.org:81/", port: 81, host: "example.org:81" }],
  ["https://example.org/x", { href: "wss://example.org/x", isSecure: true }],
  ["ws://[::1]:8000/", { hostname: "::1", host: "[::1]:8000" }],
  ["ws://u%20x:p%40w@example.org/", { credentials: "u x:p@w" }],
  ["ws+unix:/tmp/a.sock:/chat", { socketPath: "/tmp/a.sock", target: "/chat" }],
  ["ws+unix:/tmp/a.sock", { socketPath: "/tmp/a.sock", target: "" }],
] as const;

for (const [address, expected] of good) {
  test(`${address} is read (RFC 6455 §3)`, () => {
    const parsed = parseAddress(address);
    for (const [name, value] of Object.entries(expected)) assert.equal(parsed[name as keyof typeof parsed], value, name);
  });
}

const bad = [
  ["example.org", /Invalid URL: example\.org/],
  ["ftp://example.org", /must be one of "ws:", "wss:".*: "ftp:"/],
  ["ws://example.org/#top", /fragment identifier/],
  ["ws+unix:", /pathname is empty/],
] as const;

for (const [address, message] of bad) {
  test(`${address} is refused with a SyntaxError that says why (RFC 6455 §3)`, () => {
    assert.throws(
      () => parseAddress(address),
      (error) => error instanceof SyntaxError && message.test(error.message),
    );
  });
}
