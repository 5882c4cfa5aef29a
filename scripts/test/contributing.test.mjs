import assert from "node:assert/strict";
import { test } from "node:test";
import { suitesTable, withTable } from "../contributing.mjs";
import { suites } from "../suites.mjs";

test("the table names every suite with its share and their sum", () => {
  for (const { name, minutes } of suites) assert.match(suitesTable(), new RegExp(`\\| ${name} \\|.*\\| ${minutes}`));
  assert.match(suitesTable(), /\*\*sum\*\*/);
});

test("the table stands between the marks and nothing else changes", () => {
  const text = "before\n<!-- suites -->\nold\n<!-- /suites -->\nafter\n";
  assert.equal(withTable(text), `before\n<!-- suites -->\n${suitesTable()}\n<!-- /suites -->\nafter\n`);
  assert.throws(() => withTable("no marks"), /lacks the marks/);
});
