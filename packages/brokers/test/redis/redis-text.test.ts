import assert from "node:assert/strict";
import { test } from "node:test";
import { epochStart } from "@openline/hub";
import {
  readEvent,
  readMember,
  readMemberEntry,
  readMessage,
  readPosition,
  readRemembered,
  texts,
  writeSignal,
} from "../../src/redis/redis-text.ts";

test("a message keeps all spaces of its content and names the message before it", () => {
  assert.deepEqual(readMessage("3 e1 t3 t2 9 1700 a  b c "), {
    position: { epoch: "e1", offset: 3, tag: "t3" },
    previous: { epoch: "e1", offset: 2, tag: "t2" },
    content: "a  b c ",
    bytes: 9,
    time: 1700,
  });
});

test("the first message of an epoch follows nothing, and a message may be empty", () => {
  const { previous, content } = readMessage("1 e1 t1 0 0 1700 ");
  assert.deepEqual([previous, content], [null, ""]);
});

test("offset 0 is the start of its epoch, whatever tag stands there", () => {
  assert.deepEqual(readPosition("e1", "0", "zzz"), epochStart("e1"));
  assert.deepEqual(readPosition("e1", "2", "t2"), { epoch: "e1", offset: 2, tag: "t2" });
});

test("a remembered publish id has its fingerprint, and none when it was stored just now", () => {
  const position = { epoch: "e1", offset: 2, tag: "t2" };
  assert.deepEqual(readRemembered("2 e1 t2 sha of it"), { position, fingerprint: "sha of it" });
  assert.deepEqual(readRemembered("2 e1 t2"), { position, fingerprint: undefined });
});

for (const signal of [
  { content: '"a b"', time: 5, session: "s1" },
  { content: "", time: 5 },
]) {
  test(`a signal is read as it was written: ${JSON.stringify(signal)}`, () => {
    assert.deepEqual(readEvent(writeSignal(signal)), { type: "signal", signal });
  });
}

test("what a channel tells is told apart by its first letter; what a newer version says is passed over", () => {
  assert.deepEqual(readEvent('e 4 n1 {"session":"s 1"}'), { type: "entered", version: 4, node: "n1", member: '{"session":"s 1"}' });
  assert.deepEqual(readEvent("x 5 n1 s1"), { type: "exited", version: 5, node: "n1", session: "s1" });
  assert.deepEqual(readEvent("r e2"), { type: "rotated", epoch: "e2" });
  assert.equal(readEvent("m 1 e1 t1 0 0 9 x")?.type, "message");
  for (const text of ["", "m", "z 1 2", "message"]) assert.equal(readEvent(text), undefined);
});

test("a member is read with its node; what no node of ours wrote is undefined", () => {
  const member = { session: "s1", since: 3 };
  assert.deepEqual(readMemberEntry(`n1 ${JSON.stringify(member)}`), { node: "n1", member, json: JSON.stringify(member) });
  for (const json of ["", "{", "null", "7", "{}", '{"session":1,"since":1}', '{"session":"s1"}']) {
    assert.equal(readMember(json), undefined, json);
    assert.equal(readMemberEntry(`n1 ${json}`), undefined, json);
  }
});

test("the parts of an answer are texts; an answer that is no list has none", () => {
  assert.deepEqual(texts(["a", 1, null]), ["a", "1", "null"]);
  assert.deepEqual(texts(null), []);
});
