import assert from "node:assert/strict";
import { test } from "node:test";
import { measuredRuns, parseResult, summaryOf } from "../harness/results.ts";
import { measured } from "./runs.ts";

test("the generator's last line is the result", () => {
  assert.deepEqual(parseResult(`{"ok":true,"half\n${JSON.stringify(measured(4))}\n`), measured(4));
  assert.deepEqual(parseResult('{"ok":false,"error":"reply 3 is not what was sent"}'), {
    ok: false,
    error: "reply 3 is not what was sent",
  });
});

test("anything else is a failed run", () => {
  for (const output of ["", "segmentation fault", "{}", '{"ok":true}', "null", '{"ok":false}'])
    assert.equal(parseResult(output).ok, false, output);
});

test("a run in which nothing was answered has no cost: it failed", () => {
  assert.equal(parseResult(JSON.stringify(measured(0, { units: 0 }))).ok, false);
});

test("failed rounds are left out of the figures", () => {
  const runs = { echo: { ws: [measured(7), { ok: false, error: "gone" }, measured(5)] } } as const;
  assert.equal(measuredRuns(runs, "echo", "ws").length, 2);
  assert.equal(summaryOf(runs, "echo", "ws", "serverMicroseconds")?.lowest, 5);
  assert.equal(summaryOf(runs, "echo", "bun", "serverMicroseconds"), undefined);
});
