import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { OthersTyping, OwnTyping, typingEveryMs, typingExpiresMs } from "../../console/typing.ts";

test("typing is announced once per interval, however many keys are struck", () => {
  const clock = new FakeClock();
  const said: boolean[] = [];
  const own = new OwnTyping(clock, (typing) => said.push(typing));
  for (let i = 0; i < 50; i++) own.edited("x".repeat(i + 1));
  assert.deepEqual(said, [true]);
  clock.advance(typingEveryMs - 1);
  own.edited("more");
  assert.deepEqual(said, [true]);
  clock.advance(1);
  own.edited("more still");
  assert.deepEqual(said, [true, true]);
});

test("an emptied text takes the announcement back once; an empty text announces nothing", () => {
  const said: boolean[] = [];
  const own = new OwnTyping(new FakeClock(), (typing) => said.push(typing));
  own.edited("  ");
  assert.deepEqual(said, []);
  own.edited("a");
  own.edited("");
  own.edited("");
  assert.deepEqual(said, [true, false]);
});

test("after a message was sent the next key announces again", () => {
  const said: boolean[] = [];
  const own = new OwnTyping(new FakeClock(), (typing) => said.push(typing));
  own.edited("a");
  own.sent();
  own.edited("b");
  assert.deepEqual(said, [true, true]);
});

test("a typist is forgotten after the time without a word, counted from the last one", () => {
  const clock = new FakeClock();
  const sentences: string[] = [];
  const others = new OthersTyping(clock, (sentence) => sentences.push(sentence));
  others.typing("s1", "Ada");
  clock.advance(typingExpiresMs - 1);
  others.typing("s1", "Ada");
  clock.advance(typingExpiresMs - 1);
  assert.equal(sentences.at(-1), "\u2068Ada\u2069 is typing…");
  clock.advance(1);
  assert.equal(sentences.at(-1), "");
  assert.equal(clock.pending, 0);
});

test("several typists share one sentence; clear forgets them and their timers", () => {
  const clock = new FakeClock();
  let sentence = "";
  const others = new OthersTyping(clock, (text) => (sentence = text));
  others.typing("s1", "Ada");
  others.typing("s2", "Bo");
  assert.equal(sentence, "\u2068Ada\u2069 and \u2068Bo\u2069 are typing…");
  others.stopped("s1");
  assert.equal(sentence, "\u2068Bo\u2069 is typing…");
  others.clear();
  assert.equal(sentence, "");
  assert.equal(clock.pending, 0);
});
