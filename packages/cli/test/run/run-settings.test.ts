import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { CommandFailure } from "../../src/failure.ts";
import type { RunFlagValues } from "../../src/run/run-flags.ts";
import { settingsOf } from "./run-fixture.ts";

test("R26: the defaults are safe: this machine only, 1,024 programs, PATH and little else, messages of a mebibyte, pings", () => {
  const settings = settingsOf({});
  const { port, addresses, maxForks, maxFrameBytes, maxLineBytes, passEnv, pingMs, mode, origins, restart, slowMs } = settings;
  assert.deepEqual([port, addresses, maxForks, maxFrameBytes, maxLineBytes, pingMs], [80, [], 1024, 1_048_576, 16_777_216, 25_000]);
  assert.deepEqual(
    [mode, origins, restart, slowMs],
    [{ kind: "per-connection" }, { kind: "own-machine" }, "never", Number.POSITIVE_INFINITY],
  );
  assert.ok(passEnv.includes("PATH") && passEnv.length <= 5);
  assert.match(settings.command?.file ?? "", /\/cat$/);
});

test("with TLS the port is 443; a Unix socket alone opens no port, with --port it does", () => {
  assert.equal(settingsOf({ ssl: true, sslcert: "c", sslkey: "k" }).port, 443);
  assert.equal(settingsOf({ unixsocket: "/tmp/x" }).listensOnPort, false);
  assert.equal(settingsOf({ unixsocket: "/tmp/x", port: "1" }).listensOnPort, true);
});

test("0 and less is no limit for --maxforks; --passenv replaces the list; --header goes on both kinds of answers", () => {
  for (const maxforks of ["0", "-1"]) assert.equal(settingsOf({ maxforks }).maxForks, Number.POSITIVE_INFINITY);
  assert.deepEqual(settingsOf({ passenv: "HOME,,LANG" }).passEnv, ["HOME", "LANG"]);
  const { headers } = settingsOf({ header: ["A: 1"], "header-ws": ["B: 2"], "header-http": ["C:3 "] });
  assert.deepEqual(headers, {
    webSocket: [
      ["A", "1"],
      ["B", "2"],
    ],
    http: [
      ["A", "1"],
      ["C", "3"],
    ],
  });
});

for (const text of ["pool 3", "pool:3", "pool=3"]) {
  test(`--mode ${JSON.stringify(text)} is a pool of three, restarted`, () => {
    const { mode, restart, slowMs } = settingsOf({ mode: text });
    assert.deepEqual([mode, restart, slowMs], [{ kind: "pool", size: 3 }, "always", 5000]);
  });
}

const wrong: readonly [flags: RunFlagValues, command: string[], exitCode: number, message: RegExp][] = [
  [{}, [], 1, /no program to run/],
  [{}, ["no-such-program"], 1, /"no-such-program"/],
  [{ dir: "/nowhere" }, [], 1, /--dir: \/nowhere is no directory/],
  [{ dir: tmpdir() }, ["cat"], 1, /--dir takes the place/],
  [{ staticdir: "/nowhere" }, ["cat"], 1, /--staticdir/],
  [{ ssl: true }, ["cat"], 1, /all three/],
  [{ sslcert: "c", sslkey: "k" }, ["cat"], 1, /all three/],
  [{ sslca: "c" }, ["cat"], 1, /--sslca/],
  [{ loglevel: "loud" }, ["cat"], 1, /--loglevel must be one of debug.*"loud"/],
  [{ devconsole: true, staticdir: tmpdir() }, ["cat"], 4, /--devconsole/],
  [{ devconsole: true, cgidir: tmpdir() }, ["cat"], 4, /--devconsole/],
  [{ binary: true, passstderr: true }, ["cat"], 1, /--passstderr/],
  [{ binary: true, envelope: true }, ["cat"], 1, /--envelope/],
  [{ replay: "3" }, ["cat"], 1, /--replay is for shared processes/],
  [{ "room-by": "room" }, ["cat"], 1, /--mode=per-room/],
  [{ hub: true, mode: "per-room" }, ["cat"], 1, /--hub/],
  [{ "hub-room": "x" }, ["cat"], 1, /--hub/],
  [{ port: "http" }, ["cat"], 2, /--port must be a whole number from 0 to 65535, not "http"/],
  [{ port: "65536" }, ["cat"], 2, /not 65536/],
  [{ mode: "sharde" }, ["cat"], 2, /"sharde"/],
  [{ mode: "shared 3" }, ["cat"], 2, /"shared 3"/],
  [{ mode: "pool 0" }, ["cat"], 2, /not 0/],
  [{ header: ["no colon"] }, ["cat"], 2, /"no colon"/],
  [{ header: ["A: b\r\nC: d"] }, ["cat"], 2, /--header/],
  [{ origin: "*.example" }, ["cat"], 2, /"\*\.example"/],
  [{ compression: "yes" }, ["cat"], 2, /--compression must be one of on, off/],
  [{ address: [""] }, ["cat"], 2, /--address must be an address.*not ""/],
  [{ port: "" }, ["cat"], 2, /--port .* not ""/],
  [{ mode: "" }, ["cat"], 2, /--mode .* not ""/],
  [{ mode: "pool" }, ["3", "cat"], 1, /"3".* a pool of 3 is --mode=pool:3/],
  [{ subprotocol: ["a b"] }, ["cat"], 2, /--subprotocol .* not "a b"/],
  [{ passenv: "PATH,A=b" }, ["cat"], 2, /--passenv .* not "A=b"/],
];
for (const [flags, command, exitCode, message] of wrong) {
  test(`${JSON.stringify(flags)} ${command.join(" ")} is refused with ${exitCode} and the offending value`, () => {
    assert.throws(
      () => settingsOf(flags, command),
      (error) => error instanceof CommandFailure && error.exitCode === exitCode && message.test(error.message),
    );
  });
}
