import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBody, parseFrame } from "../src/payload.ts";

const expected = { ok: false, fault: "Payload expected." };
const broken = { ok: false, fault: "Broken JSON encoding." };
const of = (...messages: string[]): unknown => ({ ok: true, messages });

const table: readonly (readonly [text: string, body: unknown, frame: unknown])[] = [
  ["", expected, of()],
  ["[]", of(), of()],
  ['["a","b"]', of("a", "b"), of("a", "b")],
  ['"a"', expected, of("a")],
  ['["a', broken, broken],
  ['{"a":1}', expected, expected],
  ["[1]", expected, expected],
  ['["a",null]', expected, expected],
  ["7", expected, expected],
];

test("a body is an array of strings; over a WebSocket it may be one string, or nothing (facts §4, §6)", () => {
  for (const [text, body, frame] of table) {
    assert.deepEqual(parseBody(text), body, `body ${text}`);
    assert.deepEqual(parseFrame(text), frame, `frame ${text}`);
  }
});
