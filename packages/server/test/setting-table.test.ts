import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSettings } from "../src/configuration.ts";
import { settingTable } from "../src/setting-table.ts";
import { completeSettings } from "../src/settings.ts";

function leaves(value: object, path: string[] = []): string[] {
  return Object.entries(value).flatMap(([key, item]) =>
    typeof item === "object" && item !== null && !Array.isArray(item) ? leaves(item, [...path, key]) : [[...path, key].join(".")],
  );
}

test("every setting of the server has its flag and its variable, and every line of the table is a setting", () => {
  // Patterns are for the configuration file and for code.
  const settings = leaves(completeSettings({})).filter((path) => path !== "permissions");
  assert.deepEqual(settingTable.map((entry) => entry.path.join(".")).toSorted(), settings.toSorted());
});

test("flags and variables are unique and follow one form", () => {
  for (const column of ["flag", "variable"] as const)
    assert.equal(new Set(settingTable.map((entry) => entry[column])).size, settingTable.length);
  for (const { flag, variable } of settingTable) {
    assert.match(flag, /^[a-z]+(-[a-z]+)*$/);
    assert.equal(variable, `OPENLINE_${flag.toUpperCase().replaceAll("-", "_")}`);
  }
});

test("the default that the help names is the one that holds", () => {
  const given = settingTable.filter(({ kind, fallback }) => (kind === "number" || kind === "text") && fallback !== undefined);
  const flags = Object.fromEntries(given.map(({ flag, fallback }) => [flag, fallback]));
  assert.deepEqual(loadSettings({ flags }), completeSettings({}));
});
