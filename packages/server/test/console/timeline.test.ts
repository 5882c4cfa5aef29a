import assert from "node:assert/strict";
import { test } from "node:test";
import { authorOf, bodyOf, continues, dayLabel, missedText, returnText, type Settled } from "../../console/timeline.ts";

const noon = new Date(2026, 5, 15, 12).getTime();
const message = (fields: Partial<Settled>): Settled => ({
  position: "e.1.t",
  data: "",
  time: noon,
  mine: false,
  session: "s1",
  user: "Ada",
  ...fields,
});

test("a string and an object with a string text are words; every other value is shown as JSON", () => {
  assert.deepEqual(bodyOf("你好"), { kind: "text", text: "你好" });
  assert.deepEqual(bodyOf({ text: "hi", more: 1 }), { kind: "text", text: "hi" });
  assert.deepEqual(bodyOf({ text: 5 }), { kind: "json", text: '{\n  "text": 5\n}' });
  assert.deepEqual(bodyOf(null), { kind: "json", text: "null" });
  assert.deepEqual(bodyOf([1]), { kind: "json", text: "[\n  1\n]" });
});

test("a message without session and user is the HTTP API's, one with a session but no user a guest's", () => {
  assert.equal(authorOf({ position: "p", data: "", time: 0, mine: false }), "HTTP API");
  assert.equal(authorOf({ position: "p", data: "", time: 0, mine: false, session: "s" }), "Guest");
  assert.equal(authorOf(message({})), "Ada");
});

test("messages group by session, user, five minutes and day", () => {
  assert.equal(continues(undefined, message({})), false);
  assert.equal(continues(message({}), message({ time: noon + 299_999 })), true);
  assert.equal(continues(message({}), message({ time: noon + 300_000 })), false);
  assert.equal(continues(message({}), message({ session: "s2" })), false);
  assert.equal(continues(message({}), message({ user: "Bo" })), false);
  const midnight = new Date(2026, 5, 16).getTime();
  assert.equal(continues(message({ time: midnight - 1 }), message({ time: midnight })), false);
});

test("the label of a day is today, yesterday, or its date", () => {
  assert.equal(dayLabel(noon, noon, "en"), "Today");
  assert.equal(dayLabel(new Date(2026, 5, 14, 0, 1).getTime(), noon, "en"), "Yesterday");
  assert.equal(dayLabel(new Date(2026, 5, 13).getTime(), noon, "en"), "Saturday, June 13, 2026");
});

test("a return says what it brought: recovered with the number, or reloaded (hub-v1, Recovery)", () => {
  assert.equal(returnText({ recovered: true, replay: 0 }), "Back again: nothing was missed.");
  assert.equal(returnText({ recovered: true, replay: 1 }), "Recovered: 1 missed message.");
  assert.equal(returnText({ recovered: true, replay: 12 }), "Recovered: 12 missed messages.");
  assert.match(returnText({ recovered: false }), /no memory of where you were .* what it keeps is loaded anew\.$/);
});

test("what was left out for a slow line is counted in words", () => {
  assert.deepEqual(
    [missedText(1), missedText(12)],
    ["You missed 1 message: your line was too slow.", "You missed 12 messages: your line was too slow."],
  );
});
