import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { WebSocket } from "@openline/ws";
import { openFilesLimit } from "../../src/run/open-files.ts";
import { type Started, start } from "../binary-fixture.ts";
import { script, TestClient, temporaryFolder, until } from "./run-fixture.ts";

async function runBinary(t: TestContext, ...args: string[]): Promise<{ started: Started; url: string }> {
  const started = start(t, ["run", "-port=0", ...args]);
  const [, url = ""] = await started.said(/Listening on (ws:\/\/localhost:\d+\/)/);
  return { started, url };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("R26, R8: SIGTERM drains: programs get the end of input, their last words arrive, clients are told 1001, the exit code is 0", {
  timeout: 30_000,
}, async (t) => {
  const { started, url } = await runBinary(t, "--loglevel", "access", "--closems=10000", "/bin/sh", "-c", "cat; echo last words");
  const client = await TestClient.open(t, url);
  client.socket.send("hello");
  await client.messages(1);
  started.child.kill("SIGTERM");
  assert.deepEqual(await client.closed, { code: 1001, reason: "the server is going away" });
  assert.deepEqual(client.received, ["hello", "last words"]);
  assert.equal(await started.ended, 0);
  assert.match(started.out(), /ACCESS \| session .*CONNECT\n[\s\S]*DISCONNECT\n/);
  assert.equal(started.err(), "");
});

test("a second signal ends at once, and the programs with it", { timeout: 30_000 }, async (t) => {
  const { started, url } = await runBinary(t, "--closems=60000", "/bin/sh", "-c", 'trap "" INT TERM; echo $$; while :; do sleep 1; done');
  const client = await TestClient.open(t, url);
  const [pid] = await client.messages(1);
  started.child.kill("SIGINT");
  await started.said(/draining/);
  started.child.kill("SIGINT");
  assert.equal(await started.ended, 130);
  await until(() => !isAlive(Number(pid)));
});

test("R26: SIGKILL of the server, which cannot do more, ends the programs' input: who heeds that ends, with what it started", {
  timeout: 30_000,
}, async (t) => {
  const { started, url } = await runBinary(t, "/bin/sh", "-c", "echo $$; cat > /dev/null; kill 0");
  const client = await TestClient.open(t, url);
  const [pid] = await client.messages(1);
  started.child.kill("SIGKILL");
  assert.equal((await client.closed).code, 1006);
  await until(() => !isAlive(Number(pid)));
});

test("a client that does not read holds a drain no longer than its bounds", { timeout: 30_000 }, async (t) => {
  const { started, url } = await runBinary(t, "yes", "x".repeat(1000));
  const client = new WebSocket(url);
  client.on("error", () => {});
  await once(client, "open");
  client.pause();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const from = performance.now();
  started.child.kill("SIGTERM");
  assert.equal(await started.ended, 0);
  assert.ok(performance.now() - from < 15_000);
  client.terminate();
});

const ends: readonly [args: string[], code: number, message: RegExp][] = [
  [["run"], 1, /^openline: there is no program to run/],
  [["run", "no-such-program"], 1, /"no-such-program"/],
  [["run", "--prot=1", "cat"], 2, /unknown option '--prot=1' \(Did you mean --port\?\)/],
  [["run", "--binary=maybe", "cat"], 2, /"maybe"/],
  [["run", "--port"], 2, /argument missing/],
  [["run", "--devconsole", "--staticdir=/tmp", "cat"], 4, /--devconsole/],
];
for (const [args, code, message] of ends) {
  test(`openline ${args.join(" ")}: exit code ${code} and one clear line`, async (t) => {
    const started = start(t, args, { PATH: process.env["PATH"] ?? "" });
    assert.equal(await started.ended, code);
    assert.match(started.err(), message);
    assert.equal(started.err().trimEnd().split("\n").length, 1);
  });
}

for (const [flag, pattern] of [
  ["-version", /^\d+\.\d+\.\d+\n$/],
  ["--license", /MIT/],
  ["-help", /Usage: openline run[\s\S]*Examples:/],
] as const) {
  test(`openline run ${flag} prints and ends with 0`, async (t) => {
    const started = start(t, ["run", flag]);
    assert.equal(await started.ended, 0);
    assert.match(started.out(), pattern);
  });
}

test("--log-format=json: every line is an object, the program's errors too", { timeout: 30_000 }, async (t) => {
  const file = script(temporaryFolder(t), "fail.sh", "echo fault >&2; exit 2");
  const started = start(t, ["run", "--port=0", "--log-format=json", "--loglevel=debug", file]);
  const [, url = ""] = await started.said(/"listening":"(ws:[^"]*)"/);
  assert.equal((await (await TestClient.open(t, url)).closed).code, 1011);
  await started.said(/DISCONNECT/);
  const lines = started
    .out()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const told = new Set(lines.map(({ category, text }) => `${String(category)}: ${String(text)}`));
  for (const line of ["session: CONNECT", "stderr: fault", "process: ENDED: exit code 2", "session: DISCONNECT"])
    assert.ok(told.has(line), line);
});

test("R26: a reader of the log that leaves ends the server, and programs that heed nothing with it", { timeout: 30_000 }, async (t) => {
  const { started, url } = await runBinary(t, "/bin/sh", "-c", 'trap "" INT TERM HUP PIPE; echo $$; while :; do sleep 1; done');
  const client = await TestClient.open(t, url);
  const [pid] = await client.messages(1);
  started.child.stdout?.destroy();
  const other = new TestClient(url);
  await Promise.all([started.ended, other.closed]);
  await until(() => !isAlive(Number(pid)));
});

test("R24: too few open files for --maxforks are told at the start, with what to do", { timeout: 30_000 }, async (t) => {
  const { started } = await runBinary(t, "--maxforks=1000000", "cat");
  const limit = openFilesLimit() ?? Number.POSITIVE_INFINITY;
  assert.equal(/open files are allowed.*ulimit -n.*--maxforks=\d+/.test(started.out()), limit < 4_000_064);
});
