import assert from "node:assert/strict";
import { test } from "node:test";
import { checkOrigins, isOriginAllowed, type Origins } from "../src/origin-policy.ts";

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
  ["same-origin", "https://chat.example", "Chat.Example", true, true],
  ["same-origin", "https://chat.example:443", "chat.example", true, false],
  ["same-origin", "http://chat.example:80", "chat.example", false, false],
  ["same-origin", "http://chat.example", "chat.example:443", false, false],
  ["same-origin", "HTTPS://chat.example", "chat.example", true, false],
  ["same-origin", "https://CHAT.example", "chat.example", true, false],
  ["same-origin", "https://chat.example.", "chat.example", true, false],
  ["same-origin", "https://chat.example", "chat.example.", true, false],
  ["same-origin", "https://chat.example/", "chat.example", true, false],
  ["same-origin", "https://user@chat.example", "chat.example", true, false],
  ["same-origin", "https://chat.example", "user@chat.example", true, false],
  ["same-origin", "https://evil.example", "evil.example/.chat.example", true, false],
  ["same-origin", "https://evil.example", "evil.example?chat.example", true, false],
  ["same-origin", "https://evil.example", "evil.example#chat.example", true, false],
  ["same-origin", "https://evil.example", "evil.example\\chat.example", true, false],
  ["same-origin", "https://chat.example", "", true, false],
  ["same-origin", "", "chat.example", true, false],
  ["same-origin", "https://sub.chat.example", "chat.example", true, false],
  ["same-origin", "https://chat.example", "sub.chat.example", true, false],
  ["same-origin", "wss://chat.example", "chat.example", true, false],
  ["same-origin", "file://", "chat.example", true, false],
  ["same-origin", "chrome-extension://chat.example", "chat.example", true, false],
  ["same-origin", "https://[2001:db8::1]:8443", "[2001:db8::1]:8443", true, true],
  ["same-origin", "https://[2001:db8::1]", "[2001:DB8:0:0::1]:443", true, true],
  ["same-origin", "https://[2001:db8::2]", "[2001:db8::1]", true, false],
  ["same-origin", "https://xn--mnchen-3ya.example", "xn--mnchen-3ya.example", true, true],
  ["same-origin", "https://münchen.example", "xn--mnchen-3ya.example", true, false],
  // Cyrillic а instead of a: another host altogether.
  ["same-origin", "https://xn--chat-5cd.example", "chat.example", true, false],
  [["https://a.example"], "https://a.example", "b.example", true, true],
  [["https://a.example", "https://b.example"], "https://b.example", "c.example", true, true],
  [["https://a.example"], "https://a.example:8443", "b.example", true, false],
  [["https://a.example"], "http://a.example", "b.example", true, false],
  [["https://a.example"], "https://A.example", "b.example", true, false],
  [["https://a.example"], "https://a.example.evil.example", "b.example", true, false],
  [["https://a.example"], "https://evil-a.example", "b.example", true, false],
  [["https://a.example"], "https://a.example@evil.example", "b.example", true, false],
  [["https://a.example"], "https://b.example", "b.example", true, false],
  [["null"], "null", "b.example", true, false],
  [[], "https://a.example", "a.example", true, false],
  [[], undefined, "a.example", true, true],
  [["https://a.example"], "https://a.example.", "b.example", true, false],
  [["https://a.example"], "null", "b.example", true, false],
];

for (const [origins, origin, host, secure, allowed] of rows) {
  test(`O: ${String(origins)} and a page of ${origin ?? "no origin"} at ${secure ? "https" : "http"}://${host}: ${allowed ? "allowed" : "refused"} (RFC 6455 §10.2)`, () => {
    assert.equal(isOriginAllowed(origins, { origin, host, secure }), allowed);
  });
}

test("every origin of an allow-list must be written as browsers write it; others would never match and are named", () => {
  const fine: Origins[] = ["any", "same-origin", [], ["https://a.example", "http://a.example:8080", "https://[::1]"]];
  for (const origins of fine) assert.equal(checkOrigins(origins), origins);
  const wrong = [
    ["https://a.example/", /browsers write https:\/\/a\.example$/],
    ["https://a.example:443", /browsers write https:\/\/a\.example$/],
    ["HTTPS://A.example", /browsers write https:\/\/a\.example$/],
    ["https://münchen.example", /browsers write https:\/\/xn--mnchen-3ya\.example$/],
    ["a.example", /write it like/],
    ["https://*.example", /never matches/],
    ["null", /never matches/],
    ["*", /never matches/],
  ] as const;
  for (const [entry, message] of wrong) assert.throws(() => checkOrigins([entry]), { name: "TypeError", message }, entry);
  // @ts-expect-error -- a string that is no policy
  assert.throws(() => checkOrigins("https://a.example"), /a list, not "https:\/\/a\.example"/);
});
