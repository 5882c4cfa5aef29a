import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";

const module = JSON.stringify(new URL("../src/freed-memory.ts", import.meta.url).href);

/** Page faults of a process that makes and drops 64 MiB in blocks of 1 MiB, sixteen at a time, after it has done the same once. */
function faultsOfSecondUse(preparation: string, env: NodeJS.ProcessEnv = {}): number {
  const program = `
    const { keepFreedMemory } = await import(${module});
    ${preparation}
    globalThis.gc();
    const turn = () => new Promise((resolve) => setTimeout(resolve, 20));
    const use = async () => {
      for (let round = 0; round < 4; round++) {
        for (let count = 0; count < 16; count++) Buffer.allocUnsafeSlow(1_048_576).fill(1);
        globalThis.gc();
        await turn(); // The memory is freed by another thread.
      }
    };
    await use();
    const before = process.resourceUsage().minorPageFault;
    await use();
    process.stdout.write(String(process.resourceUsage().minorPageFault - before));`;
  const options = ["--import=tsx", "--expose-gc", "--input-type=module", "--eval", program];
  const { stdout, stderr } = spawnSync(process.execPath, options, { encoding: "utf8", env: { ...process.env, ...env } });
  assert.match(stdout, /^\d+$/, stderr);
  return Number(stdout);
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the report's types are those of any JSON
const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
const skip = header.glibcVersionRuntime === undefined && "glibc's own behaviour";

test("memory of collected messages serves those that follow, without a page fault for each of their pages", { skip }, () => {
  const pages = 64 * 256;
  assert.ok(faultsOfSecondUse("keepFreedMemory(); keepFreedMemory();") < pages / 4);
});

test("who has told the C library how much to keep is left alone", { skip }, () => {
  const pages = 64 * 256;
  assert.ok(faultsOfSecondUse("keepFreedMemory();", { MALLOC_TRIM_THRESHOLD_: "131072" }) > pages / 4);
});
