import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSettings } from "../../src/configuration.ts";
import { limitEntries } from "../../src/setting-entries/limit-entries.ts";

test("every limit is a number of its own: what is given for one arrives there, and nowhere else", () => {
  const untouched = loadSettings({});
  for (const { flag, path, kind, fallback = "1999" } of limitEntries) {
    assert.equal(kind, "number");
    const [head = "", leaf] = path;
    const given = Number(fallback) + 1;
    const changed = loadSettings({ flags: { [flag]: String(given) } });
    const expected = leaf === undefined ? given : { ...Object(Reflect.get(untouched, head)), [leaf]: given };
    assert.deepEqual(changed, { ...untouched, [head]: expected }, flag);
  }
});
