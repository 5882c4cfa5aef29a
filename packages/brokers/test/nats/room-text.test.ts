import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRoom, encodeRoom, messageOf, readRoomText, readSignal, writeRoomText, writeSignal } from "../../src/nats/room-text.ts";

test("what is stored is read again, whatever the content", () => {
  for (const content of ["", " ", '"data":"naïve 日本 🚀  "', "a b c"]) {
    const text = { tag: "t-1", time: 5, fingerprint: "-", content };
    assert.deepEqual(readRoomText(writeRoomText(text)), text);
    const previous = { epoch: "e", offset: 3, tag: "s" };
    assert.deepEqual(messageOf({ seq: 7, text: writeRoomText(text) }, "e", previous), {
      position: { epoch: "e", offset: 7, tag: "t-1" },
      previous,
      content,
      bytes: Buffer.byteLength(content),
      time: 5,
    });
  }
});

test("a signal is read again, with and without a session", () => {
  for (const signal of [
    { content: '"data": 1 ', time: 3 },
    { content: "", time: 3, session: "s" },
  ])
    assert.deepEqual(readSignal(writeSignal(signal)), signal);
});

test("a room is one token of a subject, whatever its name", () => {
  for (const room of ["room", "a.b.*", "> ", "日本", "\u0001"]) {
    assert.match(encodeRoom(room), /^[\w-]+$/);
    assert.equal(decodeRoom(encodeRoom(room)), room);
  }
});
