import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { answerClientError } from "../src/client-error.ts";

const answers: [string, RegExp][] = [
  ["HPE_HEADER_OVERFLOW", /^HTTP\/1\.1 431 .*"code":"headers-too-large"/s],
  ["ERR_HTTP_REQUEST_TIMEOUT", /^HTTP\/1\.1 408 .*"code":"request-timeout"/s],
  ["HPE_INVALID_METHOD", /^HTTP\/1\.1 400 .*HPE_INVALID_METHOD.*"code":"bad-request"/s],
  ["", /^HTTP\/1\.1 400 .*unreadable/s],
];
for (const [code, answer] of answers) {
  test(`bytes that fail with ${code || "no code"} are answered with a problem, and the connection ends`, () => {
    const socket = new PassThrough();
    answerClientError(Object.assign(new Error("x"), { code }), socket);
    assert.match(String(socket.read()), answer);
    assert.ok(socket.writableEnded);
  });
}

test("a connection that was reset is dropped without an answer", () => {
  const socket = new PassThrough();
  answerClientError(Object.assign(new Error("x"), { code: "ECONNRESET" }), socket);
  assert.ok(socket.destroyed);
});
