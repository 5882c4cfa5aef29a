import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKeys, apiScopes, parseApiKey } from "../src/api-keys.ts";

const keys = new ApiKeys(["first-key-0123456789", "second-key-0123456789", "publish+history:third-key-0123456789"]);

test("a set key is required, and each one is admitted as a bearer token (RFC 6750 §2.1)", () => {
  assert.ok(keys.required);
  assert.equal(keys.check("Bearer first-key-0123456789"), "admitted");
  assert.equal(keys.check("bearer second-key-0123456789"), "admitted");
});

for (const field of [
  undefined,
  "",
  "Bearer",
  "Bearer ",
  "Bearer first-key-012345678",
  "Bearer first-key-0123456789x",
  "Basic first-key-0123456789",
  "first-key-0123456789",
  "Bearer a b",
  "Bearer publish+history:third-key-0123456789",
]) {
  test(`the Authorization ${JSON.stringify(field)} is not admitted`, () => assert.equal(keys.check(field), "unknown"));
}

for (const scope of apiScopes) {
  const expected = scope === "publish" || scope === "history" ? "admitted" : "lacking";
  test(`a key for publish and history is ${expected} for ${scope}; a key that names no scope is for everything`, () => {
    assert.equal(keys.check("Bearer third-key-0123456789", scope), expected);
    assert.equal(keys.check("Bearer first-key-0123456789", scope), "admitted");
  });
}

test("a key given twice may do what both entries say", () => {
  const both = new ApiKeys(["publish:third-key-0123456789", "presence:third-key-0123456789"]);
  assert.equal(both.check("Bearer third-key-0123456789", "presence"), "admitted");
  assert.equal(both.check("Bearer third-key-0123456789", "history"), "lacking");
});

test("a misspelt scope is refused by name, and the key is not in the message", () => {
  const fault = parseApiKey("publsh:third-key-0123456789");
  assert.match(String(fault), /"publsh"/);
  assert.doesNotMatch(String(fault), /third-key/);
  assert.throws(() => new ApiKeys(["publsh:third-key-0123456789"]), /"publsh"/);
});

test("a short key is refused, with scopes too", () => {
  assert.equal(parseApiKey("short"), "must be 16 to 256 visible ASCII characters");
  assert.equal(parseApiKey("publish:short"), "must be 16 to 256 visible ASCII characters");
});

test("a colon that no scopes stand before belongs to the key", () => {
  assert.deepEqual(parseApiKey("Key-2:0123456789abcdef"), { key: "Key-2:0123456789abcdef", scopes: new Set(apiScopes) });
});

test("without a key none is required, and none is admitted", () => {
  const none = new ApiKeys([]);
  assert.ok(!none.required);
  assert.equal(none.check("Bearer x"), "unknown");
});
