import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { buildDigest } from "../harness/build-digest.ts";

test("the digest changes with a built program, and with nothing else", () => {
  const folder = mkdtempSync(join(tmpdir(), "openline-digest-"));
  try {
    mkdirSync(join(folder, "ws/dist/deflate"), { recursive: true });
    mkdirSync(join(folder, "unbuilt"));
    writeFileSync(join(folder, "ws/dist/deflate/pool.js"), "one");
    const first = buildDigest(folder);
    writeFileSync(join(folder, "ws/dist/index.d.ts"), "types");
    assert.equal(buildDigest(folder), first);
    writeFileSync(join(folder, "ws/dist/deflate/pool.js"), "two");
    assert.notEqual(buildDigest(folder), first);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
