import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { transformSync } from "rolldown/utils";
import { rolled, written } from "../../../scripts/build.mjs";

const mostGzippedBytes = 10_000;

async function bundled(entry = "browser"): Promise<string> {
  const made = await rolled(`packages/client/src/${entry}.ts`);
  const { output } = await made.generate({ ...written, format: "esm" });
  await made.close();
  return output[0].code;
}

/** Whether a compiler that lowers syntax to ES2022 finds something to lower. */
function isNewerThanEs2022(code: string): boolean {
  const lowered = (target: string): string => transformSync("bundle.js", code, { target, sourcemap: false }).code;
  return lowered("es2022") !== lowered("esnext");
}

test("the browser build has at most 10,000 bytes gzipped, and no syntax newer than ES2022", async (t) => {
  const code = await bundled();
  const bytes = gzipSync(code, { level: 9 }).length;
  t.diagnostic(`the browser build has ${code.length} bytes, ${bytes} gzipped`);
  assert.ok(bytes <= mostGzippedBytes, `the browser build has ${bytes} bytes gzipped, the limit is ${mostGzippedBytes}`);
  assert.equal(isNewerThanEs2022(code), false);
});

for (const entry of ["shared", "stored-queue", "react", "fallback"]) {
  test(`the entry ${entry} has no syntax newer than ES2022`, async () => {
    assert.equal(isNewerThanEs2022(await bundled(entry)), false);
  });
}

test("who imports one name gets that and no more: the table of states in less than 1,000 bytes", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-shake-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const entry = join(folder, "entry.mjs");
  const browser = fileURLToPath(new URL("../src/browser.ts", import.meta.url));
  writeFileSync(entry, `import { clientStates } from ${JSON.stringify(browser)};\nglobalThis.states = clientStates;\n`);
  const made = await rolldown({ input: entry, platform: "browser" });
  const { output } = await made.generate({ ...written, format: "esm" });
  await made.close();
  assert.ok(output[0].code.length < 1_000, output[0].code);
  assert.match(output[0].code, /waiting/);
});

test("newer syntax is seen", () => {
  for (const code of ["using a = b();", "export const a = /[a--b]/v;"]) assert.equal(isNewerThanEs2022(code), true, code);
  assert.equal(isNewerThanEs2022("class A { #a = 1; static { this.b ??= 2; } }"), false);
});
