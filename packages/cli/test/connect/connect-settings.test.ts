import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConnectFlagValues } from "../../src/connect/connect-flags.ts";
import { readConnectSettings } from "../../src/connect/connect-settings.ts";
import { CommandFailure } from "../../src/failure.ts";

for (const [given, url] of [
  ["ws://x/a?b#c", "ws://x/a?b"],
  ["https://x", "wss://x/"],
  ["localhost:8080/a", "ws://localhost:8080/a"],
] as const) {
  test(`the address ${given} is ${url}`, () => assert.equal(readConnectSettings(given, {}, {}).url, url));
}

test("over a Unix socket the URL gives path and query", () => {
  assert.equal(readConnectSettings("ws://localhost/a?b", { unix: "/run/x.sock" }, {}).url, "ws+unix:/run/x.sock:/a?b");
});

test("R13: credentials and tokens may stand in the environment; a flag goes before it", () => {
  const environment = { OPENLINE_AUTH: "a:b", OPENLINE_TOKEN: "t" };
  assert.equal(readConnectSettings("ws://x/", {}, environment).options.auth, "a:b");
  assert.equal(readConnectSettings("ws://x/", { auth: "c:d" }, environment).options.auth, "c:d");
  assert.equal(readConnectSettings("ws://x/", { join: "lobby" }, environment).hub?.token, "t");
});

const wrong: readonly [url: string, flags: ConnectFlagValues, message: RegExp][] = [
  ["ftp://x/", {}, /"ftp:\/\/x\/" is no address/],
  ["http://", {}, /no address/],
  ["ws://x/", { header: ["nothing"] }, /--header.*"nothing"/],
  ["ws://x/", { auth: "ada" }, /user:password/],
  ["ws://x/", { timeout: "soon" }, /--timeout must be a whole number from 1.*"soon"/],
  ["ws://x/", { count: "0" }, /--count/],
  ["ws://x/", { binary: "octal" }, /--binary must be one of hex, base64, raw, not "octal"/],
  ["ws://x/", { ca: "/nowhere" }, /--ca \/nowhere: ENOENT/],
  ["ws://x/", { cert: "/dev/null" }, /--cert and --key/],
  ["ws://x/", { save: "/nowhere" }, /no directory/],
  ["ws://x/", { join: "a", sockjs: true }, /exclude each other/],
  ["ws://x/", { user: "Ada" }, /--join/],
  ["ws://x/", { http2: true, frames: true }, /HTTP\/1\.1/],
  ["ws://x/", { "heartbeat-answer": "h" }, /--sockjs/],
];
for (const [url, flags, message] of wrong) {
  test(`${url} ${JSON.stringify(flags)} is refused with 2 and what is wrong`, () => {
    assert.throws(
      () => readConnectSettings(url, flags, {}),
      (error) => error instanceof CommandFailure && error.exitCode === 2 && message.test(error.message),
    );
  });
}
