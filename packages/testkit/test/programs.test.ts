import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { findLibrary, findProgram } from "../src/programs.ts";

const folder = mkdtempSync(join(tmpdir(), "openline-programs-"));
process.env["OPENLINE_CACHE"] = folder;
after(() => rmSync(folder, { recursive: true }));

test("a program on the PATH is taken as it is", () => {
  const found = findProgram("node");
  assert.ok(found.path !== undefined);
  assert.deepEqual(found.env, {});
});

test("a program that was unpacked into the cache is started with its own libraries", () => {
  const place = join(folder, "debian/openline-test/usr/sbin");
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "openline-test"), "");
  chmodSync(join(place, "openline-test"), 0o755);
  const found = findProgram("openline-test");
  assert.equal(found.path, join(place, "openline-test"));
  assert.ok(found.path !== undefined && found.env["LD_LIBRARY_PATH"]?.startsWith(join(folder, "debian/openline-test/usr/lib")));
});

test("a missing program comes with the reason", () => {
  const found = findProgram("openline-nowhere");
  assert.ok(found.path === undefined);
  assert.match(found.reason, /openline-nowhere is not installed/);
});

test("a library is found below the root of this machine or in the cache", () => {
  assert.equal(findLibrary("base-files", "etc/passwd").path, "/etc/passwd");
  const place = join(folder, "debian/openline-test/usr/share/openline-test");
  mkdirSync(place, { recursive: true });
  assert.equal(findLibrary("openline-test", "usr/share/openline-test").path, place);
  assert.equal(findLibrary("openline-test", "usr/share/openline-nowhere").path, undefined);
});
