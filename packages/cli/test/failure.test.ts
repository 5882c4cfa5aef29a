import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandFailure, listenFailure, storeFailure } from "../src/failure.ts";

const failures: [string, RegExp][] = [
  ["EADDRINUSE", /port 80 is in use on localhost.*--port/],
  ["EACCES", /not allowed to listen on port 80.*--port/],
  ["EADDRNOTAVAIL", /localhost is not an address of this machine.*--host/],
  ["ENOTFOUND", /the host localhost is not known.*--host/],
];
for (const [code, line] of failures) {
  test(`${code} is one line that names a way out, with exit code 1`, () => {
    const failure = listenFailure(Object.assign(new Error("x"), { code }), "localhost", 80);
    assert.ok(failure instanceof CommandFailure);
    assert.equal(failure.exitCode, 1);
    assert.match(failure.message, line);
    assert.doesNotMatch(failure.message, /\n/);
  });
}

test("an error it does not know is passed on", () => {
  const error = new Error("x");
  assert.equal(listenFailure(error, "localhost", 80), error);
});

test("a store that cannot be opened is its own line: a wrong address is a wrong call, the rest a failure; other errors are passed on", () => {
  const broken = (code: string): Error => Object.assign(new Error("one line"), { name: "BrokerError", code });
  for (const [code, exitCode] of [
    ["bad-address", 2],
    ["in-use", 1],
    ["missing-package", 1],
  ] as const)
    assert.deepEqual(storeFailure(broken(code)), new CommandFailure("one line", exitCode));
  const other = new Error("other");
  assert.equal(storeFailure(other), other);
});
