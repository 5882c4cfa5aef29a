import assert from "node:assert/strict";
import test from "node:test";
import { MachineEvent } from "../src/machine-event.ts";

test("every field exists from the start, so that all machines have one shape", () => {
  assert.deepEqual(Object.keys(new MachineEvent()), [
    "data",
    "owned",
    "fragments",
    "binary",
    "final",
    "fresh",
    "limit",
    "closeCode",
    "closeReason",
    "wasClean",
    "error",
  ]);
});
