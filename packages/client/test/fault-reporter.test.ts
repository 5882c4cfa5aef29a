import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError } from "../src/errors.ts";
import { FaultReporter } from "../src/fault-reporter.ts";

test("an error that a listener hears goes no further, one that nobody hears does", () => {
  const further: string[] = [];
  const next = (error: ClientError): void => void further.push(error.code);
  new FaultReporter(() => true, next).report(new ClientError("left"));
  new FaultReporter(() => false, next).report(new ClientError("closed"));
  assert.deepEqual(further, ["closed"]);
});

test("an error of the error listener itself goes further instead of round in circles", () => {
  const further: string[] = [];
  const reporter: FaultReporter = new FaultReporter(
    () => {
      reporter.report(new ClientError("listener-failed"));
      return true;
    },
    (error) => further.push(error.code),
  );
  reporter.report(new ClientError("left"));
  reporter.report(new ClientError("left"));
  assert.deepEqual(further, ["listener-failed", "listener-failed"]);
});
