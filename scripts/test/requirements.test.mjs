import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRequirements, wrongRequirements } from "../requirements.mjs";

const good = "- [a.test.ts](../a.test.ts): `it holds`";
const pageOf = (first) =>
  Array.from({ length: 26 }, (_, index) => `## R${index + 1}\n\nWhat.\n\n${index === 0 ? first : good}\n`).join("\n");
const read = (path) => ({ "a.test.ts": 'test("it holds", () => {});\ntest(`for ${each} case`, () => {});' })[path];

test("the page of this checkout names tests that are there, for each requirement", () => {
  assert.deepEqual(checkRequirements(), []);
});

const rows = [
  [good, undefined],
  ["- [a.test.ts](../a.test.ts): `for …`", undefined],
  ["- Open: the rest (part 7)", undefined],
  ["- Open: the rest (no part yet)", undefined],
  ["- Open: the rest", /R1: no part brings/],
  ["- [a.test.ts](../a.test.ts): `it hold`", /R1: a\.test\.ts has no test named "it hold"/],
  ["- [a.test.ts](../a.test.ts): `it fails`", /has no test named "it fails"/],
  ["- [b.test.ts](../b.test.ts): `it holds`", /R1: there is no b\.test\.ts/],
  ["- [a.test.ts](../b.test.ts): `it holds`", /R1: neither a test nor open/],
  ["- it holds", /R1: neither a test nor open/],
  ["", /says nothing of R1$/],
];
for (const [line, problem] of rows) {
  test(`${JSON.stringify(line)} is ${problem === undefined ? "right" : `refused by ${problem}`}`, () => {
    const wrong = wrongRequirements(pageOf(line), read);
    if (problem === undefined) assert.deepEqual(wrong, []);
    else assert.match(wrong.join("\n"), problem);
  });
}
