import assert from "node:assert/strict";
import { test } from "node:test";
import { actGuard } from "../src/act-guard.ts";

test("an act that throws is written down with its connection, which ends with 1011; the caller goes on", () => {
  const told: unknown[] = [];
  const fault = new Error("in a message");
  const guarded = actGuard({
    id: "n1.1",
    remoteAddress: "192.0.2.1",
    log: { error: (...words: unknown[]) => void told.push(words) },
    close: (code, reason) => told.push([code, reason]),
  });
  guarded(() => told.push("well"));
  guarded(() => {
    throw fault;
  });
  assert.deepEqual(told, [
    "well",
    [{ err: fault, connection: "n1.1", remoteAddress: "192.0.2.1" }, "a message could not be handled"],
    [1011, "internal"],
  ]);
});
