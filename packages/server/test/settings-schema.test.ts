import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { settingsSchema } from "../src/settings-schema.ts";

/** The path of what was refused, and what is said of it. */
function refusal(tree: unknown): string {
  const result = v.safeParse(settingsSchema, tree, { abortEarly: true });
  if (result.success) return "";
  const [issue] = result.issues;
  return `${(issue.path ?? []).map(({ key }) => String(key)).join(".")} ${issue.message}`;
}

const refused: readonly (readonly [tree: unknown, text: string])[] = [
  [{ port: 65_536 }, "port must be a whole number from 0 to 65535, not 65536"],
  [{ port: "8000" }, 'port must be a whole number from 0 to 65535, not "8000"'],
  [{ host: "a b" }, 'host must be a host name or address, not "a b"'],
  [{ allowedOrigins: ["https://chat.example/path"] }, "allowedOrigins.0 must be an origin such as https://chat.example, without a path"],
  [{ drainCode: 1006 }, "drainCode must be 1001 or 1012, not 1006"],
  [{ heartbeat: { intervalMs: 999 } }, "heartbeat.intervalMs must be a whole number from 1000 to 600000, not 999"],
  [{ history: [] }, "history must be an object of settings, not []"],
  [{ rooms: { "game:*": { slow: "wait" } } }, "rooms.game:*.slow must be one of disconnect, drop-oldest"],
  [{ rooms: { "": {} } }, 'rooms. must be a pattern of room names of 1 to 255 characters, not ""'],
  [{ sockjs: { path: "a/b" } }, 'sockjs.path must be one name of letters, digits, "-" and "_", not "a/b"'],
];
for (const [tree, text] of refused)
  test(`${JSON.stringify(tree)} is refused by its path, the value and what is allowed`, () =>
    assert.ok(refusal(tree).startsWith(text), refusal(tree)));

test("what is no setting is refused at every depth", () => {
  for (const tree of [{ prot: 1 }, { history: { message: 1 } }, { rooms: { chat: { historys: {} } } }, { tls: { ca: "x" } }])
    assert.match(refusal(tree), /Invalid key/);
});

test("R13: a refused key, and the address of an engine, are not repeated", () => {
  for (const tree of [{ apiKeys: ["too-short-pw"] }, { broker: "http://me:too-short-pw@host" }]) {
    assert.match(refusal(tree), /must/);
    assert.doesNotMatch(refusal(tree), /too-short-pw/);
  }
});

test("everything may be left out", () => assert.deepEqual(v.parse(settingsSchema, {}), {}));
