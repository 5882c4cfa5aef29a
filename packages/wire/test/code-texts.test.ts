import assert from "node:assert/strict";
import { test } from "node:test";
import { closeTable, closeTexts, errorTable, errorTexts } from "../src/index.ts";

test("every code of the two tables has a text, and nothing else has", () => {
  assert.deepEqual(Object.keys(errorTexts), Object.keys(errorTable));
  assert.deepEqual(Object.keys(closeTexts), Object.keys(closeTable));
  for (const text of [...Object.values(errorTexts), ...Object.values(closeTexts)]) assert.match(text, /^[^|\n]+$/, "a cell of a table");
});
