import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { faultTable } from "./cells.ts";

test("the table of docs/brokers/faults.md is the one that the tests fill", () => {
  const page = readFileSync(new URL("../../docs/brokers/faults.md", import.meta.url), "utf8");
  assert.ok(page.includes(faultTable()), `it must hold:\n${faultTable()}`);
});
