import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findProgram, inside, isExecutable, matchPath, resolvedFolder } from "../../src/run/program-path.ts";
import { script, temporaryFolder } from "./run-fixture.ts";

test("a name is looked for in PATH, a path is taken as it stands, and only what can be run is found", (t) => {
  const folder = temporaryFolder(t);
  const file = script(folder, "tool", "true");
  writeFileSync(join(folder, "text"), "");
  assert.equal(findProgram("tool", `/nowhere:${folder}`), file);
  assert.equal(findProgram(file, ""), file);
  for (const name of ["text", "nothing", join(folder, "text"), folder]) assert.equal(findProgram(name, folder), undefined, name);
  assert.deepEqual([isExecutable(file), isExecutable(join(folder, "text")), isExecutable(folder)], [true, false, false]);
});

test("a path is walked to the first file, the rest is what stands behind it; dots and links lead nowhere outside", (t) => {
  const outer = temporaryFolder(t);
  const folder = resolvedFolder(outer);
  mkdirSync(join(folder, "programs/deep"), { recursive: true });
  const dir = join(folder, "programs");
  const file = script(join(dir, "deep"), "tool", "true");
  script(folder, "outside", "true");
  symlinkSync(join(folder, "outside"), join(dir, "link"));
  symlinkSync(folder, join(dir, "up"));
  symlinkSync(file, join(dir, "within"));
  const found = matchPath(dir, "/deep/tool/a b/c");
  assert.deepEqual([found?.file, found?.name, found?.rest], [file, "/deep/tool", "/a b/c"]);
  assert.equal(matchPath(dir, "/deep/tool")?.rest, "");
  assert.equal(matchPath(dir, "/within")?.file, file);
  for (const path of [
    "/",
    "/deep",
    "/deep/",
    "/none",
    "/link",
    "/up/outside",
    "/../outside",
    "/deep/../../outside",
    "/deep/./tool",
    "//deep/tool",
  ]) {
    assert.equal(matchPath(dir, path), undefined, path);
  }
  assert.equal(inside(dir, join(dir, "link")), undefined);
  assert.equal(inside(dir, `${dir}-beside`), undefined);
});
