import assert from "node:assert/strict";
import { test } from "node:test";
import { completeJwt, completeLimits, readsJwt } from "../../src/auth/access-settings.ts";
import { loadSettings } from "../../src/configuration.ts";

const secret = "a secret that is long enough: 32 bytes";

test("every way to say who may come in has its flag and its variable", () => {
  const flags = {
    "jwt-public-key": ["/keys/one.pem"],
    "jwt-algorithm": "RS256,PS256",
    "jwt-audience": "chat",
    "auth-cookie": "login",
    "trust-proxy": "10.0.0.0/8,loopback",
    "token-in-each-message": true,
    "max-connections-per-user": "3",
  };
  const environment = {
    OPENLINE_JWT_SECRET: secret,
    OPENLINE_JWT_JWKS_URL: "https://login.example/keys",
    OPENLINE_MESSAGES_PER_SECOND: "50",
    OPENLINE_OUTBOUND_BYTES: "131072",
  };
  const settings = loadSettings({ flags, environment });
  assert.deepEqual(settings.jwt, {
    secrets: [secret],
    publicKeys: ["/keys/one.pem"],
    jwksUrl: "https://login.example/keys",
    algorithms: ["RS256", "PS256"],
    audiences: ["chat"],
    issuers: [],
    leewayMs: 5000,
  });
  assert.deepEqual([settings.authCookie, settings.trustProxy, settings.tokenInEachMessage], ["login", ["10.0.0.0/8", "loopback"], true]);
  assert.deepEqual([settings.limits.connectionsPerUser, settings.limits.messagesPerSecond], [3, 50]);
  const { outboundBytes, roomsPerConnection, rooms } = settings.limits;
  assert.deepEqual([outboundBytes, roomsPerConnection, rooms], [131_072, 256, 100_000]);
});

const refused: [flag: string, value: string, message: RegExp][] = [
  ["jwt-secret", "too short", /^SettingsError: --jwt-secret must have at least 32 bytes$/],
  ["jwt-jwks-url", "http://login.example/keys", /--jwt-jwks-url must be an address that begins with https/],
  ["jwt-jwks-url", "http://localhost.evil.example/keys", /--jwt-jwks-url/],
  ["jwt-algorithm", "none", /--jwt-algorithm must be one of HS256/],
  ["trust-proxy", "10.0.0.0/99", /--trust-proxy must be an address, a subnet/],
  ["auth-cookie", "a b", /--auth-cookie must be a cookie's name/],
  ["max-rooms", "0", /--max-rooms must be a whole number from 1/],
  ["outbound-bytes", "1000", /--outbound-bytes must be a whole number from 65536/],
  ["max-connections", "0", /--max-connections must be a whole number from 1/],
];
for (const [flag, value, message] of refused) {
  test(`--${flag} ${value} is refused in one line that names it, and never shows a secret`, () => {
    assert.throws(() => loadSettings({ flags: { [flag]: value } }), message);
  });
}

test("keys that are published on this machine may come without TLS", () => {
  for (const host of ["localhost:9", "127.0.0.1", "[::1]:9"]) {
    assert.ok(readsJwt(loadSettings({ flags: { "jwt-jwks-url": `http://${host}/keys` } }).jwt));
  }
});

test("what is left out has its default", () => {
  assert.equal(readsJwt(completeJwt()), false);
  assert.equal(completeLimits().connectionsPerUser, 100);
  assert.equal(completeLimits({ connections: 5 }).connections, 5);
});
