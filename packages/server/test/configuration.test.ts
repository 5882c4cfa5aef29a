import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadSettings, readSettingsFile } from "../src/configuration.ts";
import { SettingsError } from "../src/settings.ts";

const folder = mkdtempSync(join(tmpdir(), "openline-settings-"));
after(() => rmSync(folder, { recursive: true }));

let count = 0;
function file(content: string): string {
  const path = join(folder, `openline-${count++}.json`);
  writeFileSync(path, content);
  return path;
}

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    assert.ok(!error.message.includes("\n"), "one line");
    return error.message;
  }
  return assert.fail("not refused");
};

test("flags go before environment, environment before file, file before defaults", () => {
  const path = file('{"port":1,"logLevel":"warn","drainMs":3,"history":{"messages":5}}');
  const environment = { OPENLINE_PORT: "2", OPENLINE_LOG_LEVEL: "error", OPENLINE_HISTORY_AGE_MS: "2000" };
  const settings = loadSettings({ file: path, environment, flags: { port: "3" } });
  assert.equal(settings.port, 3);
  assert.equal(settings.logLevel, "error");
  assert.equal(settings.drainMs, 3);
  assert.equal(settings.host, "localhost");
  assert.equal(settings.history.messages, 5);
  assert.equal(settings.history.ageMs, 2000);
});

test("the environment can name the file; an empty variable counts as none", () => {
  const path = file('{"port":77}');
  assert.equal(loadSettings({ environment: { OPENLINE_CONFIG: path, OPENLINE_PORT: "" } }).port, 77);
});

test("lists come separated by commas, or as a flag that is repeated", () => {
  assert.deepEqual(loadSettings({ environment: { OPENLINE_ALLOWED_HOST: "a.example, b.example" } }).allowedHosts, [
    "a.example",
    "b.example",
  ]);
  assert.deepEqual(loadSettings({ flags: { "allowed-host": ["a.example", "b.example"] } }).allowedHosts, ["a.example", "b.example"]);
});

test("a switch is on as a flag, and in words in the environment", () => {
  assert.equal(loadSettings({ flags: { host: "0.0.0.0", anonymous: true } }).anonymous, true);
  for (const word of ["true", "yes", "1", "on"])
    assert.equal(loadSettings({ environment: { OPENLINE_HOST: "::", OPENLINE_ANONYMOUS: word } }).anonymous, true);
});

const badFiles: [string, RegExp][] = [
  ['{"port":70000}', /: port must be a whole number from 0 to 65535, not 70000$/],
  ['{"port":"8000"}', /: port must be a whole number from 0 to 65535, not "8000"$/],
  ['{"port":1.5}', /: port must be .*, not 1\.5$/],
  ['{"prot":1}', /: prot is not a setting; did you mean port\?$/],
  ['{"history":{"message":1}}', /: history\.message is not a setting; did you mean history\.messages\?$/],
  ['{"zzzzzzzzzzzzzz":1}', /: zzzzzzzzzzzzzz is not a setting; the settings are port, host/],
  ['{"limits":{"messageBytes":1}}', /: limits\.messageBytes must be a whole number from 1024 to 16777216, not 1$/],
  ['{"history":5}', /: history must be an object/],
  ['{"allowedHosts":"a"}', /: allowedHosts must be a list, not "a"$/],
  ['{"allowedOrigins":["https://a.example/x"]}', /: allowedOrigins\.0 must be an origin such as .*, not "https:\/\/a\.example\/x"$/],
  ['{"publicOrigin":"a.example"}', /: publicOrigin must be an origin/],
  ['{"logLevel":"loud"}', /: logLevel must be one of trace, debug, info, warn, error, silent, not "loud"$/],
  ['{"basePath":"/a b/"}', /: basePath must be a path/],
  ['{"anonymous":"yes"}', /: anonymous must be true or false, not "yes"$/],
  ['{"rooms":{"chat:*":{"slow":"wait"}}}', /: rooms\.chat:\*\.slow must be one of disconnect, drop-oldest, latest, spill, not "wait"$/],
  ['{"rooms":{"chat:*":{"history":{"messages":-1}}}}', /: rooms\.chat:\*\.history\.messages must be a whole number .* not -1$/],
  ['{"rooms":{"chat:*":{"presense":true}}}', /: rooms\.chat:\*\.presense is not a setting; did you mean rooms\.chat:\*\.presence\?$/],
  ['{"rooms":{"a":{"rate":{"messages":0,"perMs":1}}}}', /: rooms\.a\.rate\.messages must be a whole number from 1/],
  ['{"rooms":[]}', /: rooms must be an object of settings, not \[\]$/],
  ["[]", /must be an object of settings/],
  ["null", /must be an object of settings/],
  ["{", /cannot be read as JSON/],
];
for (const [content, expected] of badFiles) {
  test(`a file with ${content} is refused with its name, the setting, the value and the limit`, () => {
    const path = file(content);
    const line = refusal(() => readSettingsFile(path));
    assert.ok(line.startsWith(path), line);
    assert.match(line, expected);
  });
}

test("rules of rooms come from the file, by pattern", () => {
  const rooms = {
    "chat:*": { slow: "spill", history: { messages: 5 } },
    "private:{user}:*": { presence: false, rate: { messages: 1, perMs: 9 } },
  };
  const path = file(JSON.stringify({ rooms }));
  assert.deepEqual(loadSettings({ file: path }).rooms, rooms);
  assert.deepEqual(loadSettings({}).rooms, {});
});

test("a missing file is named", () =>
  assert.match(
    refusal(() => loadSettings({ file: join(folder, "none.json") })),
    /none\.json: there is no such file/,
  ));

test("a refused flag or variable is named as it was given", () => {
  assert.match(
    refusal(() => loadSettings({ flags: { port: "http" } })),
    /^--port must be a whole number from 0 to 65535, not "http"$/,
  );
  assert.match(
    refusal(() => loadSettings({ environment: { OPENLINE_PORT: "99999" } })),
    /^OPENLINE_PORT must be .* not 99999$/,
  );
  assert.match(
    refusal(() => loadSettings({ environment: { OPENLINE_MESSAGE_BYTES: "-1" } })),
    /^OPENLINE_MESSAGE_BYTES .* not "-1"$/,
  );
  assert.match(
    refusal(() => loadSettings({ flags: { "allowed-origin": ["chat.example"] } })),
    /^--allowed-origin must be an origin/,
  );
});

test("R13: a refused key is not shown", () => {
  for (const act of [
    () => loadSettings({ flags: { "api-key": "short-secret" } }),
    () => readSettingsFile(file('{"apiKeys":["short-secret"]}')),
  ]) {
    const line = refusal(act);
    assert.ok(!line.includes("short-secret"), line);
    assert.match(line, /16 to 256 visible ASCII characters/);
  }
});

test("R13: an address with a password is never shown, however wrong it is", () => {
  const wrong = "http://ann:hidden@host";
  const texts = [
    refusal(() => loadSettings({ flags: { broker: wrong } })),
    refusal(() => loadSettings({ environment: { OPENLINE_BROKER: wrong } })),
    refusal(() => loadSettings({ file: file(JSON.stringify({ broker: wrong })) })),
  ];
  for (const text of texts) {
    assert.match(text, /must begin with redis:\/\/, rediss:\/\/, /);
    assert.doesNotMatch(text, /hidden/);
  }
});
