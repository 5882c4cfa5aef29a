import assert from "node:assert/strict";
import { test } from "node:test";
import { normalizeOrigin, OriginPolicy } from "../src/origin-policy.ts";

const own = new OriginPolicy();

const allowed: [string | undefined, string, boolean][] = [
  [undefined, "localhost:8000", false],
  ["http://localhost:8000", "localhost:8000", false],
  ["http://LOCALHOST:8000", "localhost:8000", false],
  ["http://localhost", "localhost:80", false],
  ["http://localhost:80", "localhost", false],
  ["https://localhost", "localhost:443", true],
  ["http://[::1]:8000", "[::1]:8000", false],
];
for (const [origin, host, secure] of allowed) {
  test(`R14: the origin ${origin} may use ${secure ? "https" : "http"}://${host}`, () => assert.ok(own.allows(origin, host, secure)));
}

const refused: [string, string, boolean?][] = [
  ["null", "localhost:8000"],
  ["", "localhost:8000"],
  ["http://evil.example", "localhost:8000"],
  ["http://localhost:8001", "localhost:8000"],
  ["http://localhost", "localhost:8000"],
  ["https://localhost:8000", "localhost:8000"],
  ["http://localhost:8000", "localhost:8000", true],
  ["http://127.0.0.1:8000", "localhost:8000"],
  ["http://localhost.evil.example:8000", "localhost:8000"],
  ["http://localhost:8000.evil.example", "localhost:8000"],
  ["http://localhost:80000", "localhost:8000"],
  ["http://localhost:8000@evil.example", "localhost:8000"],
  ["http://evil.example#localhost:8000", "localhost:8000"],
  ["http://localhost:8000/", "localhost:8000"],
  ["http://localhost:8000, http://evil.example", "localhost:8000"],
  ["file://localhost:8000", "localhost:8000"],
  ["ws://localhost:8000", "localhost:8000"],
];
for (const [origin, host, secure] of refused) {
  test(`R14: the origin ${JSON.stringify(origin)} may not use ${secure === true ? "https" : "http"}://${host}`, () => {
    assert.ok(!own.allows(origin, host, secure ?? false));
  });
}

test("R14: a listed origin is matched by scheme, host and port, look-alikes are not", () => {
  const policy = new OriginPolicy(["https://chat.example"]);
  assert.ok(policy.allows("https://chat.example", "localhost", false) && policy.allows("https://chat.example:443", "localhost", false));
  for (const origin of [
    "http://chat.example",
    "https://chat.example:8443",
    "https://a.chat.example",
    "https://chat.example.evil",
    "https://xchat.example",
    "null",
  ]) {
    assert.ok(!policy.allows(origin, "localhost", false), origin);
    assert.ok(!policy.lists(origin), origin);
  }
});

test("the server's own origin is allowed, but not listed: it needs no CORS fields", () => assert.ok(!own.lists("http://localhost:8000")));

test("an origin is normalised with its port", () => {
  assert.equal(normalizeOrigin("https://a.example"), "https://a.example:443");
  assert.equal(normalizeOrigin("http://a.example:8080"), "http://a.example:8080");
  assert.equal(normalizeOrigin("http://a.example/x"), undefined);
});
