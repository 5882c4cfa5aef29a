import assert from "node:assert/strict";
import { test } from "node:test";
import { requirements } from "../../conformance/rfc6455.mjs";
import { namesIn, namesOfCases, pageOf, problemsOf } from "../conformance-page.mjs";

const rule = (more) => ({ id: "5.1-1", section: "5.1", level: "MUST", who: "both", text: "be good", tests: ["is good"], ...more });
const found = (name, more) => ({ name, where: "a.test.ts", sides: [], weak: [], ...more });

test("names are what test and it are given, and what tables with a section name", () => {
  const text = `
    test("one", () => {});
    test(\`two \${kind} (RFC 6455 §1)\`, { skip }, () => {});
    test(
      "three \\"quoted\\"", async () => {});
    const rows = [["four (RFC 6455 §5.1)", 1002], ["not a name", 3]];
    notest("five");
  `;
  assert.deepEqual(namesIn(text), ["one", "two ${kind} (RFC 6455 §1)", 'three "quoted"', "four (RFC 6455 §5.1)"]);
});

test("a case counts for the sides on which it runs", () => {
  const [one, two] = namesOfCases([
    { id: "1.1", title: "both", verdicts: { "openline server": "OK", "openline client": "failed", "ws server": "OK" } },
    { id: "1.2", title: "one", verdicts: { "openline server": "–", "openline client": "OK" } },
  ]);
  assert.deepEqual([one?.sides, one?.weak], [["server", "client"], ["client"]]);
  assert.deepEqual([two?.sides, two?.weak], [["client"], []]);
});

test("a rule without a test, a name that no test has, and a case that is not strict are problems", () => {
  assert.deepEqual(problemsOf([rule()], [found("it is good")]), []);
  assert.deepEqual(problemsOf([rule({ tests: [], departs: "not for us" })], []), []);
  assert.match(problemsOf([rule({ tests: [] })], []).join(), /no test holds "be good"/);
  assert.match(problemsOf([rule()], [found("it is bad")]).join(), /no test has "is good" in its name/);
  assert.match(problemsOf([rule()], [found("it is good", { weak: ["client"] })]).join(), /our client is not strict/);
});

test("the page names each rule with its tests, or the reason why there is none", () => {
  const text = pageOf(
    [rule(), rule({ id: "5.1-2", tests: [], departs: "not for us" })],
    [found("it is good", { sides: ["server"] }), found("that is good | too")],
  );
  assert.match(text, /1 rules are held by tests; 1 are not for us/);
  assert.match(text, /\| 5\.1-1 \| MUST \| both \| be good \| it is good \(a\.test\.ts; server\) and 1 more \|/);
  assert.match(text, /\| 5\.1-2 .*\*not held:\* not for us \|/);
});

test("the rules are those of sections 4 to 8, each with its own number", () => {
  assert.ok(requirements.length >= 120, `${requirements.length} rules`);
  assert.equal(new Set(requirements.map(({ id }) => id)).size, requirements.length);
  for (const { section, level } of requirements) {
    assert.match(section, /^[4-8]\.\d/);
    assert.match(level, /^(?:MUST|SHOULD)(?: NOT)?$/);
  }
});
