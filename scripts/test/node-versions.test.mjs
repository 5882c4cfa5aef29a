import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { suites } from "../suites.mjs";

// The module reads the place of its cache once: it is set before the import.
const folder = mkdtempSync(join(tmpdir(), "openline-node-"));
process.env.OPENLINE_CACHE = folder;
process.env.OPENLINE_NO_INSTALL = "1";
const { ensureNode, nodeVersions } = await import("../node-versions.mjs");
after(() => rmSync(folder, { recursive: true }));

const onLinux = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
const skip = onLinux ? false : `made for Linux, this is ${process.platform}`;

/** Puts a program where npm would put the Node of that version. */
function place(version, script) {
  const name = `node-linux-${process.arch}`;
  const bin = join(folder, "node", `${name}-${version}`, "node_modules", name, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "node"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, "node"), 0o755);
  return join(bin, "node");
}

test("each Node has an exact version of its major", () => {
  for (const [major, version] of Object.entries(nodeVersions)) assert.match(version, new RegExp(`^${major}\\.\\d+\\.\\d+$`));
});

test("the issue's Nodes each have a suite for either driver, in test:full", () => {
  const matrix = suites.filter(({ node }) => node !== undefined).map(({ node, full, env }) => [node, full, env?.OPENLINE_DRIVER ?? "fast"]);
  const wanted = [22, 24, 26].flatMap((node) => ["fast", "portable"].map((driver) => [node, true, driver]));
  assert.deepEqual(matrix, wanted);
});

test("OPENLINE_NO_INSTALL=1: a Node that is not there is not fetched, and the reason names it", { skip }, async () => {
  assert.match((await ensureNode(22)).reason, /^Node 22\.\S+ is not there and OPENLINE_NO_INSTALL=1/);
});

test("a Node that was fetched is found, and asked what it is", { skip }, async () => {
  const path = place(nodeVersions[24], `echo v${nodeVersions[24]}`);
  assert.deepEqual(await ensureNode(24), { path });
});

test("a binary that does not run here, or is another version, is no Node", { skip }, async () => {
  for (const script of ["exit 1", "echo v0.10.0"]) {
    place(nodeVersions[26], script);
    assert.match((await ensureNode(26)).reason, /brought no Node that runs here/);
  }
});
