import assert from "node:assert/strict";
import { test } from "node:test";
import { expiredCount, isExpired } from "../src/retention.ts";
import { stored } from "./support/messages.ts";

const all = { messages: 100, bytes: 1_000_000, ageMs: 1_000 };

test("contract 5: whichever of messages, bytes and age is reached first ends the history", () => {
  const messages = Array.from({ length: 9 }, (_, index) => stored(index + 1, { bytes: 10, time: index * 100 }));
  assert.equal(expiredCount(messages, all, 800), 0);
  assert.equal(expiredCount(messages, { ...all, messages: 4 }, 800), 5);
  assert.equal(expiredCount(messages, { ...all, messages: 0 }, 800), 9);
  assert.equal(expiredCount(messages, { ...all, bytes: 35 }, 800), 6);
  assert.equal(expiredCount(messages, { ...all, bytes: 9 }, 800), 9);
  assert.equal(expiredCount(messages, all, 1_250), 3);
  assert.equal(expiredCount(messages, { messages: 4, bytes: 35, ageMs: 100 }, 800), 7);
  assert.equal(expiredCount([], all, 0), 0);
});

test("what stands before an expired message is not kept, whatever its own time says: clocks of nodes differ", () => {
  const messages = [stored(1, { time: 900 }), stored(2, { time: 100 }), stored(3, { time: 900 })];
  assert.equal(expiredCount(messages, all, 1_200), 2);
});

test("a message is kept up to the moment at which it is ageMs old", () => {
  assert.ok(!isExpired(stored(1), all, 1_000));
  assert.ok(isExpired(stored(1), all, 1_001));
});
