import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

// The module reads the place of its cache once: it is set before the import.
const folder = mkdtempSync(join(tmpdir(), "openline-debian-"));
process.env.OPENLINE_CACHE = folder;
process.env.OPENLINE_NO_INSTALL = "1";
process.env.PATH = join(folder, "nothing-here");
const { cache, ensurePrograms, locate, programs } = await import("../debian.mjs");
programs.absent = { file: "openline-absent", unpack: ["openline-absent"] };
programs.library = { library: "usr/share/openline-library", unpack: ["openline-library"] };
programs.rooted = { file: "openline-rooted", install: ["openline-rooted"] };
after(() => rmSync(folder, { recursive: true }));

test("a program is found where its packages were unpacked", () => {
  assert.equal(locate("absent"), undefined);
  const place = join(cache, "absent/usr/sbin");
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "openline-absent"), "");
  assert.equal(locate("absent"), join(place, "openline-absent"));
});

test("a library is found where its packages were unpacked", () => {
  assert.equal(locate("library"), undefined);
  const place = join(cache, "library/usr/share/openline-library");
  mkdirSync(place, { recursive: true });
  assert.equal(locate("library"), place);
});

test("OPENLINE_NO_INSTALL=1: nothing is fetched, and the reason says so", async () => {
  const missing = await ensurePrograms(["rooted"]);
  assert.match(missing.rooted, /OPENLINE_NO_INSTALL=1/);
});
