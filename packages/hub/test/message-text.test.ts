import assert from "node:assert/strict";
import { test } from "node:test";
import { encode, parseServerMessage } from "@openline/wire";
import { authorOf, contentOf, fingerprint, signalText, storedText } from "../src/message-text.ts";
import { at, stored } from "./support/messages.ts";

const room = 'say "hi" 你好';

test("a stored message that is put together is the message that would be encoded", () => {
  const data = { text: "👋\u2028", list: [1, null] };
  const content = contentOf(JSON.stringify(data), 'i"1', authorOf('A"da', "s1"));
  const text = storedText(JSON.stringify(room), stored(2, { content, time: 7 }));
  const message = {
    type: "message",
    room,
    position: "e.2.t2",
    previous: "e.1.t1",
    data,
    id: 'i"1',
    user: 'A"da',
    session: "s1",
    time: 7,
  } as const;
  assert.equal(text, encode(message));
  assert.deepEqual(parseServerMessage(text), { ok: true, message });
});

test("contract 1: the first of an epoch has previous null, one whose predecessor is unknown has none", () => {
  assert.match(storedText('"a"', stored(1)), /"position":"e\.1\.t1","previous":null,"data":1/);
  assert.match(storedText('"a"', stored(2, { previous: undefined })), /"position":"e\.2\.t2","data":2/);
  assert.match(storedText('"a"', stored(2, { previous: at(0) })), /"previous":"e\.0\.0"/);
});

test("an ephemeral message has no position", () => {
  const text = signalText('"a"', { content: contentOf("1", undefined, authorOf(undefined, undefined)), time: 3, session: "s" });
  assert.deepEqual(parseServerMessage(text), { ok: true, message: { type: "ephemeral", room: "a", data: 1, time: 3 } });
});

test("texts that differ have different fingerprints, equal ones the same", () => {
  const texts = Array.from({ length: 20_000 }, (_, index) => `{"n":${index}}`);
  assert.equal(new Set(texts.map(fingerprint)).size, texts.length);
  assert.equal(fingerprint("你好"), fingerprint("你好"));
  assert.notEqual(fingerprint("ab"), fingerprint("ba"));
});
