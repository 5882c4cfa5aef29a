import assert from "node:assert/strict";
import { test } from "node:test";
import { openFilesLimit } from "../../src/run/open-files.ts";

test("R24: the limit of open files is what /proc says, or not known", () => {
  const text =
    "Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 524288               files\n";
  assert.equal(
    openFilesLimit(() => text),
    1024,
  );
  assert.equal(
    openFilesLimit(() => "Max open files            unlimited            unlimited            files\n"),
    undefined,
  );
  assert.equal(
    openFilesLimit(() => {
      throw new Error("no /proc");
    }),
    undefined,
  );
});
