import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { defaultRules } from "@openline/hub";
import * as v from "valibot";
import { completeSettings, SettingsError } from "../src/settings.ts";
import { settingsSchema } from "../src/settings-schema.ts";

const key = "key-0123456789abcdef";

test("without a word the server listens on loopback, port 8000, and lets everyone on the machine in", () => {
  const settings = completeSettings({});
  assert.equal(settings.port, 8000);
  assert.equal(settings.host, "localhost");
  assert.equal(settings.basePath, "/");
  assert.equal(settings.anonymous, true);
  assert.deepEqual([settings.limits.messageBytes, settings.limits.connectionsPerUser], [65_536, 100]);
  assert.deepEqual(settings.heartbeat, { intervalMs: 25_000, timeoutMs: 10_000, minIntervalMs: 1_000, maxIntervalMs: 120_000 });
});

for (const host of ["0.0.0.0", "::", "10.0.0.5", "chat.example", "0", "localhost.example"]) {
  test(`listening on ${host} without authentication is refused with a line that names both ways out`, () => {
    assert.throws(
      () => completeSettings({ host }),
      (error: Error) =>
        error instanceof SettingsError &&
        error.message.includes(host) &&
        /--api-key/.test(error.message) &&
        /--anonymous/.test(error.message),
    );
  });
}

test("listening on any address goes with a key, and then nobody is anonymous; or with anonymous clients in so many words", () => {
  assert.equal(completeSettings({ host: "0.0.0.0", apiKeys: [key] }).anonymous, false);
  assert.equal(completeSettings({ host: "0.0.0.0", anonymous: true }).anonymous, true);
  assert.equal(completeSettings({ host: "::1", apiKeys: [key] }).anonymous, true);
});

test("settings under which nobody could come in are refused", () =>
  assert.throws(() => completeSettings({ anonymous: false }), /--api-key/));

const basePaths: [string, string][] = [
  ["/", "/"],
  ["", "/"],
  ["wsapp", "/wsapp/"],
  ["/wsapp", "/wsapp/"],
  ["/wsapp/", "/wsapp/"],
  ["/a/b/", "/a/b/"],
];
for (const [given, path] of basePaths)
  test(`the base path ${JSON.stringify(given)} is ${path}`, () => assert.equal(completeSettings({ basePath: given }).basePath, path));

test("one given bound of the history leaves the others as they are", () => {
  const { history } = completeSettings({ history: { messages: 5, ageMs: undefined } });
  assert.equal(history.messages, 5);
  assert.ok(history.ageMs > 0 && history.bytes > 0);
});

test("a heartbeat's interval outside of its bounds is refused with both; the longest is never shorter than a longer interval of the server's", () => {
  assert.equal(completeSettings({ heartbeat: { intervalMs: 300_000 } }).heartbeat.maxIntervalMs, 300_000);
  for (const heartbeat of [
    { intervalMs: 5_000, minIntervalMs: 6_000 },
    { maxIntervalMs: 20_000 },
    { minIntervalMs: 30_000, maxIntervalMs: 20_000 },
  ])
    assert.throws(
      () => completeSettings({ heartbeat }),
      /--heartbeat-interval-ms \d+ must lie between --heartbeat-min-interval-ms \d+ and --heartbeat-max-interval-ms \d+/,
    );
});

const stores: [Parameters<typeof completeSettings>[0], RegExp][] = [
  [{ data: "rooms", broker: "redis://localhost" }, /--data and --broker exclude each other/],
  [{ durability: "fsync" }, /--durability fsync needs --data/],
  [{ brokerKeyFile: "key" }, /--broker-key-file needs --broker/],
  [{ brokerCa: "ca.pem" }, /--broker-ca needs --broker with TLS \(rediss:/],
  [{ brokerCa: "ca.pem", broker: "redis://localhost" }, /--broker-ca needs --broker with TLS \(rediss:/],
];
for (const [input, message] of stores)
  test(`settings of the store that do not go together are refused: ${message.source}`, () =>
    assert.throws(() => completeSettings(input), message));

test("rooms live in memory without a word, and in a directory survive the death of the process", () => {
  const { data, broker } = completeSettings({});
  assert.deepEqual([data, broker], [undefined, undefined]);
  assert.equal(completeSettings({ data: "rooms" }).durability, "os");
});

const jwt = { secrets: ["a secret that is long enough: 32 bytes"] };

test("where tokens are read nobody is anonymous unless that is said, on any address (R13)", () => {
  assert.equal(completeSettings({ jwt }).anonymous, false);
  assert.equal(completeSettings({ host: "0.0.0.0", jwt }).anonymous, false);
  assert.equal(completeSettings({ jwt, anonymous: true }).anonymous, true);
  assert.equal(completeSettings({ host: "0.0.0.0" }, { hasAuthenticate: true }).anonymous, false);
});

test("rules for tokens without a key, and a token in each message of people who have none, are refused", () => {
  assert.throws(() => completeSettings({ jwt: { audiences: ["chat"] } }), /SettingsError: tokens cannot be checked without a key/);
  assert.throws(() => completeSettings({ tokenInEachMessage: true }), /exclude each other/);
  assert.equal(completeSettings({ jwt, tokenInEachMessage: true }).tokenInEachMessage, true);
});

test("the configuration and the table of rules in docs/rooms.md are those of the code", () => {
  const page = readFileSync(new URL("../../../docs/rooms.md", import.meta.url), "utf8");
  const example: unknown = JSON.parse(/```json\n([^]*?)```/.exec(page)?.[1] ?? "");
  const { rooms, limits } = completeSettings(v.parse(settingsSchema, example));
  assert.deepEqual([rooms["game:*"]?.slowBytes, limits.rooms], [65_536, 100_000]);
  const table = /\| rule [^]*?\n\n/.exec(page)?.[0] ?? "";
  assert.deepEqual(Array.from(table.matchAll(/^\| `(\w+)`/gm), ([, rule]) => rule).toSorted(), Object.keys(defaultRules).toSorted());
});
