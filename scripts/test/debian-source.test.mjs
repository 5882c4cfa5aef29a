import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { unpackSource } from "../debian-source.mjs";

const folder = mkdtempSync(join(tmpdir(), "openline-source-"));
const before = process.env.PATH;
process.env.PATH = [folder, before].join(delimiter);
after(() => {
  process.env.PATH = before;
  rmSync(folder, { recursive: true });
});

const cases = [
  ["an archive list that cannot be had", "echo E: no network; exit 100", /^apt-get update for sources failed: E: no network$/],
  ["a package without an archive", "echo W: Unable to find a source package", /^apt-get knows no archive of none's sources: W: Unable/],
];

for (const [what, script, reason] of cases) {
  test(`${what} is a reason, and nothing stays behind`, async () => {
    writeFileSync(join(folder, "apt-get"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "apt-get"), 0o755);
    const target = join(folder, "target");
    assert.match(await unpackSource(target, { package: "none", below: "x", parts: ["y"] }), reason);
    assert.equal(existsSync(target), false);
    assert.deepEqual(readdirSync(folder), ["apt-get"]);
  });
}
