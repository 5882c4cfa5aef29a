import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandFailure, listenFailure } from "../src/failure.ts";

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
