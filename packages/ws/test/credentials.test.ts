import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "../src/address.ts";
import { hasField, trustIn, withoutCredentials } from "../src/credentials.ts";

const table = [
  ["ws://a.example/", "ws://a.example/other", true, true],
  ["ws://a.example/", "wss://a.example/", true, true],
  ["wss://a.example/", "ws://a.example/", true, false],
  ["wss://a.example/", "wss://a.example:444/", false, false],
  ["ws://a.example/", "ws://sub.a.example/", false, false],
  ["ws+unix:/a.sock:/x", "ws+unix:/a.sock:/y", true, true],
  ["ws+unix:/a.sock", "ws+unix:/b.sock", false, false],
  ["ws+unix:/a.sock", "ws://a.example/", false, false],
] as const;

for (const [first, to, isSameHost, isTrusted] of table) {
  test(`credentials for ${first} ${isTrusted ? "go along" : "do not go"} to ${to}`, () => {
    assert.deepEqual(trustIn(parseAddress(to), parseAddress(first)), { isSameHost, isTrusted });
  });
}

test("Authorization and Cookie are taken away in whatever case, Host only for another host", () => {
  const fields = { AUTHORIZATION: "a", cookie: "b", Host: "c", "X-Other": "d" };
  assert.deepEqual(withoutCredentials(fields, { isSameHost: true, isTrusted: false }), { Host: "c", "X-Other": "d" });
  assert.deepEqual(withoutCredentials(fields, { isSameHost: false, isTrusted: false }), { "X-Other": "d" });
  assert.equal(hasField(fields, "authorization"), true);
  assert.equal(hasField(fields, "origin"), false);
});
