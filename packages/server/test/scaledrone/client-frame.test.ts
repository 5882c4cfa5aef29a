import assert from "node:assert/strict";
import { test } from "node:test";
import { readFrame } from "../../src/scaledrone/client-frame.ts";

const read = (frame: unknown): object => readFrame(JSON.stringify(frame));

test("the frames of the official clients are read, their extra fields passed over (facts/scaledrone §2)", () => {
  assert.deepEqual(read({ type: "handshake", channel: "k3Jx", version: 2, client_data: { name: "Mo" }, callback: 2 }), {
    type: "handshake",
    channel: "k3Jx",
    callback: 2,
    clientData: { name: "Mo" },
  });
  assert.deepEqual(read({ type: "handshake", channel: "k3Jx", client_data: null, callback: 0 }), {
    type: "handshake",
    channel: "k3Jx",
    callback: 0,
    clientData: undefined,
  });
  assert.deepEqual(read({ type: "authenticate", token: "a.b.c", callback: 3 }), { type: "authenticate", token: "a.b.c", callback: 3 });
  assert.deepEqual(read({ type: "subscribe", room: "a", history: 5, history_count: 5, callback: 0 }), {
    type: "subscribe",
    room: "a",
    callback: 0,
    historyCount: 5,
  });
  assert.deepEqual(read({ type: "unsubscribe", room: "a" }), { type: "unsubscribe", room: "a", callback: undefined });
  assert.deepEqual(read({ type: "publish", room: "a", message: null }), { type: "publish", room: "a", message: null });
});

test("a history count is a whole number from 0 to 100, whatever was asked for", () => {
  const counts = [0, 7.9, -3, 1000, "7", null].map((count) => read({ type: "subscribe", room: "a", history_count: count, callback: 0 }));
  assert.deepEqual(
    counts.map((frame) => "historyCount" in frame && frame.historyCount),
    [0, 7, 0, 100, 0, 0],
  );
});

test("what cannot be read is a fault with its callback, and a word of what is missing", () => {
  const faults: [string, RegExp][] = [
    ["no json", /must be a JSON object/],
    ["[1]", /must be a JSON object/],
    ['{"type":"handshake","callback":4}', /handshake needs a channel/],
    ['{"type":"subscribe","room":"","callback":4}', /subscribe needs a room/],
    ['{"type":"publish","room":"a"}', /publish needs a message/],
    ['{"type":"authenticate"}', /authenticate needs a token/],
    ['{"type":"dance"}', /Unknown type "dance"/],
    ['{"type":"publish","room":"a","message":[1e999]}', /message has a number beyond the range/],
    [`{"type":"publish","room":"a","message":${"[".repeat(30_000)}${"]".repeat(30_000)}}`, /message nests deeper than the limit/],
    [
      `{"type":"handshake","channel":"a","client_data":${"[".repeat(30_000)}${"]".repeat(30_000)},"callback":4}`,
      /client_data nests deeper/,
    ],
    [`{"type":"subscribe","room":"${"ab".repeat(2_500)}","callback":4}`, /of 5000 characters is too long, the limit is 255 bytes/],
  ];
  for (const [text, error] of faults) {
    const frame = readFrame(text);
    assert.equal(frame.type, "fault");
    assert.match(frame.type === "fault" ? frame.error : "", error);
    assert.equal(frame.type === "fault" && frame.callback, text.includes("callback") ? 4 : undefined);
  }
});
