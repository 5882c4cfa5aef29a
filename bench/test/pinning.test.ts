import assert from "node:assert/strict";
import { test } from "node:test";
import { pinned, readCpuList } from "../harness/pinning.ts";

test("a list of CPUs has single ones and ranges", () => {
  assert.deepEqual(readCpuList("0-2,5\n"), [0, 1, 2, 5]);
  assert.deepEqual(readCpuList("3"), [3]);
});

test("a command is put onto a CPU with taskset, or left alone", () => {
  assert.deepEqual(pinned(1, ["node", "x.mjs"]), ["taskset", "-c", "1", "node", "x.mjs"]);
  assert.deepEqual(pinned(undefined, ["node"]), ["node"]);
});
