import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { RoomPattern } from "../src/room-pattern.ts";

const cases: [pattern: string, matching: string[], others: string[]][] = [
  ["lobby", ["lobby"], ["lobby2", "a lobby", "Lobby", ""]],
  ["chat:*", ["chat:", "chat:a", "chat:a:b"], ["chat", "xchat:a"]],
  ["*", ["", "a", "你好"], []],
  ["private:{user}:*", ["private:ada:", "private:ada:x:y"], ["private::x", "private:ada", "private:"]],
  ["{a}:{b}", ["x:y", "你:👋"], ["x", ":y", "x:", "x:y:z"]],
  ["a*b*c", ["abc", "aXbYc", "abbc"], ["ab", "acb"]],
  ["{not a name}", ["{not a name}"], ["x"]],
  ["a.b", ["a.b"], ["axb"]],
];

test("a pattern fits whole names: * any text, {name} one segment, the rest itself", () => {
  for (const [text, matching, others] of cases) {
    const pattern = new RoomPattern(text);
    for (const room of matching) assert.ok(pattern.matches(room), `${text} fits ${room}`);
    for (const room of others) assert.ok(!pattern.matches(room), `${text} does not fit ${room}`);
  }
});

test("a pattern of * and characters fits what the regular expression of the same meaning fits", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
  const name = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
  fc.assert(fc.property(text, name, (pattern, room) => new RoomPattern(pattern).matches(room) === fits(pattern, room)));
});

function fits(pattern: string, room: string): boolean {
  return new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(room);
}

test("the most specific comes first, whatever the order in which the patterns were given (README, Rules)", () => {
  const order = ["chat:a", "chat:support:*", "chat:*x", "chat:{room}", "chat:*", "c*", "*a*", "*"];
  fc.assert(
    fc.property(fc.shuffledSubarray(order, { minLength: order.length }), (given) => {
      const sorted = given.map((text) => new RoomPattern(text)).toSorted((one, other) => one.compare(other));
      assert.deepEqual(
        sorted.map(({ text }) => text),
        order,
      );
    }),
  );
});

test("a hostile name costs no more than its length times the pattern's", () => {
  const pattern = new RoomPattern(`${"*a".repeat(20)}b`);
  const start = performance.now();
  assert.ok(!pattern.matches("a".repeat(255)));
  // Half a millisecond, not years.
  assert.ok(performance.now() - start < 10_000);
});

test("a named segment with a value stands for that very text: nothing in the value is a wildcard, and a value that is no segment fits no room", () => {
  const fits = (user: string | undefined, room: string): boolean => new RoomPattern("private:{user}:*", { user }).matches(room);
  assert.ok(fits("ada", "private:ada:x") && fits("你好", "private:你好:") && fits("*", "private:*:x") && fits("{a}", "private:{a}:x"));
  const others: [user: string | undefined, room: string][] = [
    ["ada", "private:adam:x"],
    ["*", "private:ada:x"],
    ["{user}", "private:ada:x"],
    ["a:b", "private:a:b:x"],
    ["", "private::x"],
    [undefined, "private:ada:x"],
    [undefined, "private:undefined:x"],
  ];
  for (const [user, room] of others) assert.ok(!fits(user, room), `${user} ${room}`);
  assert.ok(new RoomPattern("{room}:{user}", { user: "ada" }).matches("any:ada"));
});
