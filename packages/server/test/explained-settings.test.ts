import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { explainSettings } from "../src/explained-settings.ts";
import { settingTable } from "../src/setting-table.ts";
import { SettingsError } from "../src/settings.ts";

test("each setting is shown once, with the value that holds and the source that won", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-explain-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "openline.json");
  writeFileSync(file, JSON.stringify({ port: 1, host: "127.0.0.1", history: { messages: 7 }, rooms: { "a:*": { presence: false } } }));
  const explained = explainSettings({ file, environment: { OPENLINE_PORT: "2", OPENLINE_DRAIN_MS: "9" }, flags: { port: "3" } });
  const of = (wanted: string) => explained.filter(({ name }) => name === wanted).map(({ value, source }) => [value, source]);
  assert.deepEqual(of("port"), [[3, "--port"]]);
  assert.deepEqual(of("drainMs"), [[9, "OPENLINE_DRAIN_MS"]]);
  assert.deepEqual(of("host"), [["127.0.0.1", file]]);
  assert.deepEqual(of("history.messages"), [[7, file]]);
  assert.deepEqual(of("rooms"), [[{ "a:*": { presence: false } }, file]]);
  assert.deepEqual(of("basePath"), [["/", "default"]]);
  assert.equal(new Set(explained.map(({ name }) => name)).size, settingTable.length + 3);
});

test("R13: of a secret nothing is shown but that it is set, of an address neither user nor password nor query", () => {
  const hidden = "hidden-0123456789-hidden-0123456789";
  const explained = explainSettings({
    environment: {
      OPENLINE_API_KEY: `publish:${hidden}`,
      OPENLINE_JWT_SECRET: hidden,
      OPENLINE_WEBHOOK_URL: `https://app.example/hook?key=${hidden}`,
      OPENLINE_WEBHOOK_SECRET: hidden,
      OPENLINE_ASK_URL: `https://app.example/ask?key=${hidden}`,
      OPENLINE_ASK_SECRET: hidden,
      OPENLINE_JWT_JWKS_URL: `https://login.example/keys?key=${hidden}`,
      OPENLINE_BROKER: `redis://user:${hidden}@redis.example:6379/0?prefix=${hidden}`,
    },
  });
  assert.ok(!JSON.stringify(explained).includes("hidden"), JSON.stringify(explained));
  const of = (wanted: string) => explained.find(({ name }) => name === wanted)?.value;
  assert.deepEqual(of("apiKeys"), ["***"]);
  assert.equal(of("broker"), "redis://***@redis.example:6379/0?***");
  assert.equal(of("webhook.url"), "https://app.example/hook?***");
});

test("R13: a channel of Scaledrone is shown without its secret", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-settings-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "openline.json");
  writeFileSync(file, JSON.stringify({ scaledrone: { KtJ2: { secret: "hidden-0123456789-hidden", prefix: "" } } }));
  const shown = explainSettings({ file, environment: {}, flags: {} }).find(({ name }) => name === "scaledrone");
  assert.deepEqual(shown?.value, { KtJ2: { secret: "***", prefix: "" } });
});

test("whatever is called a secret, key or address in the table is marked as one", () => {
  for (const { path, secret } of settingTable)
    if (/secret|apiKeys|url$|^broker$/i.test(path.join("."))) assert.ok(secret !== undefined, path.join("."));
});

test("settings that cannot be used are refused as they are when they are loaded", () => {
  assert.throws(() => explainSettings({ flags: { port: "x" } }), SettingsError);
  assert.throws(() => explainSettings({ flags: { host: "0.0.0.0" } }), SettingsError);
});
