import assert from "node:assert/strict";
import { test } from "node:test";
import { readSockJs, sockJsMessage, sockJsUrl } from "../../src/connect/sockjs-frames.ts";

const frames: readonly [text: string, expected: unknown][] = [
  ["o", { kind: "open" }],
  ["h", { kind: "heartbeat" }],
  ['a["x","y"]', { kind: "messages", messages: ["x", "y"] }],
  ["a[]", { kind: "messages", messages: [] }],
  ['m"x"', { kind: "messages", messages: ["x"] }],
  ['c[3000,"Go away!"]', { kind: "close", code: 3000, reason: "Go away!" }],
  ["a{", { kind: "fault" }],
  ["x", { kind: "fault" }],
  ["", { kind: "fault" }],
];
for (const [text, expected] of frames) test(`S: the frame ${JSON.stringify(text)}`, () => assert.deepEqual(readSockJs(text), expected));

test("S: a message leaves as a JSON array", () => assert.equal(sockJsMessage('a"b'), '["a\\"b"]'));

test("S: a session's address is base, server and session; the query goes along", () => {
  assert.match(
    sockJsUrl("ws://h:1/echo/?a=b", () => 0.5),
    /^ws:\/\/h:1\/echo\/500\/i{8}\/websocket\?a=b$/,
  );
  assert.match(sockJsUrl("ws://h/"), /^ws:\/\/h\/\d{3}\/[\da-z]{8}\/websocket$/);
});
