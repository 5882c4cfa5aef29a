import assert from "node:assert/strict";
import { test } from "node:test";
import { isAddress, isLoopback, isWildcard, parseAuthority } from "../src/authority.ts";

const readable: [string, string, number | undefined][] = [
  ["localhost", "localhost", undefined],
  ["LocalHost:8000", "localhost", 8000],
  ["127.0.0.1:1", "127.0.0.1", 1],
  ["[::1]", "[::1]", undefined],
  ["[::1]:65535", "[::1]", 65_535],
  ["chat.example:0", "chat.example", 0],
];
for (const [text, host, port] of readable) {
  test(`the authority ${text} is host ${host}, port ${port} (RFC 9110 §7.2)`, () => assert.deepEqual(parseAuthority(text), { host, port }));
}

const unreadable = [
  "",
  ":80",
  "a b",
  "user@localhost",
  "localhost:",
  "localhost:x",
  "localhost:65536",
  "localhost:80:80",
  "localhost/",
  "[localhost]",
  "[::1",
  "::1",
  "a,b",
  "localhost, evil",
  "[::1]x",
  "a\\b",
];
for (const text of unreadable) {
  test(`${JSON.stringify(text)} is no authority`, () => assert.equal(parseAuthority(text), undefined));
}

test("loopback is localhost, 127.0.0.0/8 and ::1, and nothing that only looks like it", () => {
  for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"]) assert.ok(isLoopback(host), host);
  for (const host of ["0.0.0.0", "::", "127.0.0.1.evil.example", "localhost.evil.example", "0", "::ffff:127.0.0.1", "10.0.0.1", ""])
    assert.ok(!isLoopback(host), host);
});

test("the wildcards are 0.0.0.0 and every spelling of ::", () => {
  for (const host of ["0.0.0.0", "::", "[::]", "0:0:0:0:0:0:0:0"]) assert.ok(isWildcard(host), host);
  for (const host of ["::1", "127.0.0.1", "0", "localhost"]) assert.ok(!isWildcard(host), host);
});

test("an address is a literal of either family", () => {
  for (const host of ["10.0.0.1", "[fe80::1]", "::1"]) assert.ok(isAddress(host), host);
  for (const host of ["localhost", "10.0.0.1.example", "[::1]x"]) assert.ok(!isAddress(host), host);
});
