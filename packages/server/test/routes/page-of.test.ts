import assert from "node:assert/strict";
import { test } from "node:test";
import { pageOf } from "../../src/routes/page-of.ts";

test("pages by name meet every item once, whatever the order of the list", () => {
  const names = ["d", "b", "你", "a", "c"];
  const met: string[] = [];
  let after: string | undefined;
  do {
    const { page, next } = pageOf(names, (name) => name, after, 2);
    met.push(...page);
    after = next;
  } while (after !== undefined);
  assert.deepEqual(met, ["a", "b", "c", "d", "你"]);
});

test("a full last page has no next one", () => assert.equal(pageOf(["a", "b"], (name) => name, undefined, 2).next, undefined));
