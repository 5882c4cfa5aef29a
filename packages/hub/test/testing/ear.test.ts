import assert from "node:assert/strict";
import { test } from "node:test";
import { Ear } from "../../src/testing/ear.ts";

test("an ear keeps the messages whole, and their contents in the order heard", () => {
  const ear = new Ear();
  const first = { position: { epoch: "e", offset: 1, tag: "t" }, previous: null, content: "one", bytes: 3, time: 1 };
  const second = { ...first, position: { epoch: "e", offset: 2, tag: "u" }, previous: first.position, content: "two" };
  ear.message(first);
  ear.message(second);
  assert.deepEqual(ear.messages, [first, second]);
  assert.deepEqual(ear.contents, ["one", "two"]);
  assert.deepEqual(ear.events, []);
});

test("an ear writes down everything else as one list, so that the order among kinds shows", () => {
  const ear = new Ear();
  ear.entered({ session: "s1", since: 1 });
  ear.signal({ content: "typing", time: 1, session: "s1" });
  ear.insufficient();
  ear.exited("s1");
  ear.signal({ content: "from outside", time: 2 });
  assert.deepEqual(ear.events, ["entered s1", "signal typing s1", "insufficient", "exited s1", "signal from outside undefined"]);
  assert.deepEqual(ear.messages, []);
});
