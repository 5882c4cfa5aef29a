import assert from "node:assert/strict";
import { test } from "node:test";
import { thisMachine } from "../../src/doctor/machine.ts";

test("it is the machine that this process runs on; what cannot be read is undefined", () => {
  const machine = thisMachine();
  assert.deepEqual([machine.nodeVersion, machine.platform], [process.versions.node, process.platform]);
  assert.ok(machine.cores > 0 && machine.totalBytes > machine.freeBytes);
  assert.equal(machine.read("/no/such/file"), undefined);
});
