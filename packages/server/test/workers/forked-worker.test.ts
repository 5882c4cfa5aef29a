import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { clusterStart, ownWorkerId } from "../../src/workers/forked-worker.ts";

test("a worker is a process of its own with its number and its variables; how it ended is told", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "worker.mjs");
  writeFileSync(
    file,
    `import cluster from "node:cluster";
     if (process.argv[2] === "stay") setInterval(() => {}, 1000);
     else process.exit(cluster.worker.id * 10 + (process.env.OPENLINE_PRIMARY === "path" ? 1 : 0));`,
  );
  const worker = clusterStart({ file, args: ["go"] })({ OPENLINE_PRIMARY: "path" });
  assert.equal(await worker.ended, `exit code ${worker.id * 10 + 1}`);
  const stays = clusterStart({ file, args: ["stay"] })({});
  assert.ok(stays.pid !== undefined && stays.id !== worker.id);
  stays.kill("SIGKILL");
  assert.equal(await stays.ended, "SIGKILL");
  assert.equal(ownWorkerId(), undefined);
});
