import assert from "node:assert/strict";
import { test } from "node:test";
import { subprotocol } from "../src/subprotocol.ts";
import { ws } from "./fixtures/npm-ws.ts";

const { subprotocol: theirs } = ws;

test("reads the names in their order (RFC 6455 §4.1)", () => {
  for (const field of ["chat", "chat, superchat", "a,b ,c"]) assert.deepEqual(subprotocol.parse(field), theirs.parse(field));
});

test("a field that breaks the grammar or names one twice is a SyntaxError that names it (RFC 6455 §4.1)", () => {
  for (const field of ["", "a,", ",a", "a b", "a, a"]) {
    assert.throws(() => subprotocol.parse(field), {
      name: "SyntaxError",
      message: `Invalid Sec-WebSocket-Protocol value: ${JSON.stringify(field)}`,
    });
    assert.throws(() => theirs.parse(field), SyntaxError);
  }
});
