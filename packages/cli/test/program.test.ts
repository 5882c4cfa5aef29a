import assert from "node:assert/strict";
import { test } from "node:test";
import { settingTable } from "@openline/server";
import { run } from "../src/program.ts";
import type { Terminal } from "../src/terminal.ts";

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function call(args: string[], isInteractive = false, environment: Record<string, string> = {}): Promise<Said> {
  let out = "";
  let err = "";
  const terminal: Terminal = {
    out: { write: (text) => (out += text) },
    err: { write: (text) => (err += text) },
    environment,
    isInteractive,
  };
  return { code: await run(args, terminal), out, err };
}

test("help teaches: every way to ask for it shows commands and examples and exits 0", async () => {
  for (const args of [[], ["--help"], ["-h"], ["help"]]) {
    const { code, out, err } = await call(args);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /Usage: openline/);
    assert.match(out, /serve/);
    assert.match(out, /Examples:\n/);
  }
});

test("the help of serve names every setting with its default, and shows examples", async () => {
  for (const args of [
    ["serve", "--help"],
    ["help", "serve"],
    ["serve", "-h"],
  ]) {
    const { code, out } = await call(args);
    assert.equal(code, 0);
    for (const { flag } of settingTable) assert.ok(out.includes(`--${flag}`), flag);
    assert.match(out, /\(default: 8000\)/);
    assert.match(out, /curl --data/);
    assert.match(out, /anyone may join, read and publish/);
  }
});

test("the version is printed alone", async () => {
  for (const flag of ["--version", "-V"]) assert.match((await call([flag])).out, /^\d+\.\d+\.\d+\n$/);
});

const wrong: [string[], RegExp][] = [
  [["serve", "--prot", "9000"], /^openline: unknown option '--prot' \(Did you mean --port\?\)\n$/],
  [["serv"], /^openline: unknown command 'serv' \(Did you mean serve\?\)\n$/],
  [["--prot"], /^openline: unknown option '--prot'/],
  [["serve", "--port"], /^openline: option '--port <number>' argument missing\n$/],
  [["serve", "extra"], /^openline: .*Expected 0 arguments but got 1/],
  [["serve", "--port", "http"], /^openline: --port must be a whole number from 0 to 65535, not "http"\n$/],
  [["serve", "--port", "65536"], /^openline: --port must be a whole number from 0 to 65535, not 65536\n$/],
  [["serve", "--config", "/nowhere/openline.json"], /^openline: \/nowhere\/openline\.json: there is no such file\n$/],
  [["serve", "--host", "0.0.0.0"], /^openline: refusing to listen on 0\.0\.0\.0 .*--api-key KEY .*--anonymous .*\n$/],
  [["serve", "--jwt-public-key", "/nowhere/login.pem"], /^openline: --jwt-public-key \/nowhere\/login\.pem: ENOENT.*\n$/],
  [["serve", "--jwt-secret", "short"], /^openline: --jwt-secret must have at least 32 bytes\n$/],
  [["serve", "--jwt-audience", "chat"], /^openline: tokens cannot be checked without a key: .*--jwt-jwks-url too\n$/],
  [["serve", "--host", "0.0.0.0", "--api-key", "short"], /^openline: --api-key must be|^openline: --api-key 16 to 256/],
];
for (const [args, line] of wrong) {
  test(`openline ${args.join(" ")} is refused with one clear line and exit code 2`, async () => {
    const { code, out, err } = await call(args);
    assert.deepEqual([code, out], [2, ""], err);
    assert.match(err, line);
    assert.equal(err.trimEnd().split("\n").length, 1);
  });
}

test("a variable is named as such", async () => {
  assert.match((await call(["serve"], false, { OPENLINE_PORT: "x" })).err, /^openline: OPENLINE_PORT must be/);
});

test("help is coloured on a terminal only", async () => {
  assert.ok((await call(["--help"], true)).out.includes("\u001b["));
  assert.ok(!(await call(["--help"], true, { NO_COLOR: "1" })).out.includes("\u001b["));
  assert.ok(!(await call(["--help"])).out.includes("\u001b["));
});
