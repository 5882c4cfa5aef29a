import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const here = fileURLToPath(new URL("types", import.meta.url));
const declarations = {
  "@types/ws": undefined,
  "our own": join(root, "packages/ws/dist/index.d.ts"),
} as const;
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "openline-types-"));
  await copyFile(join(here, "sample.ts"), join(folder, "sample.mts"));
  await copyFile(join(here, "sample-cjs.txt"), join(folder, "sample.cts"));
});

after(() => rm(folder, { recursive: true }));

/** What the compiler has against a program, with `ws` resolved to that file; without one to the package's own types. */
async function complaints(sample: string, file: string | undefined): Promise<string> {
  const modules = join(root, "node_modules");
  const paths = { ws: [file ?? join(modules, "@types/ws", sample.endsWith(".cts") ? "index.d.ts" : "index.d.mts")] };
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2023"],
    module: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    skipLibCheck: true,
    noEmit: true,
    typeRoots: [join(modules, "@types")],
    types: ["node"],
    paths,
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [sample] }));
  try {
    await run(join(modules, ".bin/tsc"), ["-p", folder], { cwd: folder });
    return "";
  } catch (error) {
    return String(Reflect.get(Object(error), "stdout"));
  }
}

for (const [sample, kind] of [
  ["sample.mts", "an ES module"],
  ["sample.cts", "CommonJS"],
] as const) {
  for (const [name, file] of Object.entries(declarations)) {
    test(`code written against @types/ws, ${kind}, type-checks against ${name}`, async () => {
      assert.equal(await complaints(sample, file), "");
    });
  }
}

test("the check can fail: a wrong argument is found in both", async () => {
  await writeFile(join(folder, "wrong.mts"), 'import { WebSocket } from "ws";\nnew WebSocket("ws://host").close("1000");\n');
  for (const file of Object.values(declarations)) assert.match(await complaints("wrong.mts", file), /TS2345/);
});
