import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSettings } from "../../src/configuration.ts";
import { askTopics, durabilities, logFormats, logLevels, onOff, webhookEventTypes } from "../../src/setting-entries/setting-choices.ts";
import { settingTable } from "../../src/setting-table.ts";
import { SettingsError } from "../../src/settings.ts";

const choices = {
  "log-level": logLevels,
  "log-format": logFormats,
  durability: durabilities,
  "ask-about": askTopics,
  "webhook-event": webhookEventTypes,
  sockjs: onOff,
} as const;
const others = { data: "rooms", "ask-url": "http://localhost/ask", "webhook-url": "http://localhost/told" };

test("each word that a setting chooses among is taken and stands in its line of help, and no other word is taken", () => {
  for (const [flag, words] of Object.entries(choices)) {
    const entry = settingTable.find((one) => one.flag === flag);
    for (const word of words) {
      assert.ok(loadSettings({ flags: { ...others, [flag]: word } }), `--${flag} ${word}`);
      assert.ok(`${entry?.value} ${entry?.help}`.includes(word), `${word} in the help of --${flag}`);
    }
    assert.throws(() => loadSettings({ flags: { ...others, [flag]: "neither" } }), SettingsError, flag);
  }
});
