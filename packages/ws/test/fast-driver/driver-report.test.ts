import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { driverReport } from "../../src/fast-driver/driver-report.ts";

const before = process.env["OPENLINE_DRIVER"];
afterEach(() => {
  if (before === undefined) delete process.env["OPENLINE_DRIVER"];
  else process.env["OPENLINE_DRIVER"] = before;
});

test("on a Node that has what it needs the fast driver is reported", async () => {
  delete process.env["OPENLINE_DRIVER"];
  assert.deepEqual(await driverReport(), { driver: "fast" });
});

test("a switch in the environment is named as the reason", async () => {
  process.env["OPENLINE_DRIVER"] = "portable";
  assert.deepEqual(await driverReport(), { driver: "portable", reason: "OPENLINE_DRIVER says so" });
});
