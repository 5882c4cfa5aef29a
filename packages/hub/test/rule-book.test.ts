import assert from "node:assert/strict";
import { test } from "node:test";
import { RuleBook } from "../src/rule-book.ts";
import { defaultRules } from "../src/rules.ts";

test("each single rule is that of the most specific pattern that gives it, else the default's", () => {
  const book = new RuleBook(
    { presence: false },
    {
      "*": { keepEmptyMs: 5 },
      "chat:support:*": { history: { messages: 7 } },
      "chat:*": { slow: "spill", history: { messages: 3, bytes: 9 } },
    },
  );
  assert.deepEqual(book.of("lobby"), { ...defaultRules, presence: false, keepEmptyMs: 5 });
  const { ageMs } = defaultRules.history;
  const chat = { ...defaultRules, presence: false, keepEmptyMs: 5, slow: "spill" };
  assert.deepEqual(book.of("chat:a"), { ...chat, history: { messages: 3, bytes: 9, ageMs } });
  assert.deepEqual(book.of("chat:support:a"), { ...chat, history: { messages: 7, bytes: 9, ageMs } });
});

test("what was found is found again, and does not grow without bound", () => {
  const book = new RuleBook({}, { "chat:*": { presence: false } });
  const first = book.of("chat:a");
  assert.equal(book.of("chat:a"), first);
  for (let index = 0; index < 10_000; index++) book.of(`r${index}`);
  assert.notEqual(book.of("chat:a"), first, "forgotten with the others");
  assert.deepEqual(book.of("chat:a"), first);
});
