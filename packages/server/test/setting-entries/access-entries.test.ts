import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSettings } from "../../src/configuration.ts";
import { accessEntries } from "../../src/setting-entries/access-entries.ts";

test("whose tokens, hosts and pages are believed arrives from flags", () => {
  const settings = loadSettings({
    flags: {
      "jwt-secret": ["a".repeat(32), "b".repeat(32)],
      "jwt-audience": ["chat"],
      "jwt-leeway-ms": "10",
      "auth-cookie": "session",
      "token-in-each-message": true,
      "trust-proxy": ["loopback"],
      "allowed-host": ["chat.example"],
      "allowed-origin": ["https://chat.example"],
      "public-origin": "https://live.example",
    },
  });
  const { jwt, authCookie, tokenInEachMessage, trustProxy, allowedHosts, allowedOrigins, publicOrigin } = settings;
  assert.deepEqual([jwt.secrets.length, jwt.audiences, jwt.leewayMs], [2, ["chat"], 10]);
  assert.deepEqual([authCookie, tokenInEachMessage, trustProxy], ["session", true, ["loopback"]]);
  assert.deepEqual([allowedHosts, allowedOrigins, publicOrigin], [["chat.example"], ["https://chat.example"], "https://live.example"]);
});

test("of the secret of tokens nothing is shown, of the address of keys no password", () => {
  assert.deepEqual(
    accessEntries.filter(({ secret }) => secret !== undefined).map(({ flag, secret }) => [flag, secret]),
    [
      ["jwt-secret", "whole"],
      ["jwt-jwks-url", "address"],
    ],
  );
});
