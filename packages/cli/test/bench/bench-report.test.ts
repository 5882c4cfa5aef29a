import assert from "node:assert/strict";
import { test } from "node:test";
import { reportPage } from "../../src/bench/bench-report.ts";
import { result } from "./result.ts";

test("the page stands by itself, has a plot for each figure of each run, and takes nothing of the run for markup", () => {
  const plan = { ...result().plan, url: 'ws://a.test/"><script>alert(1)</script>' };
  const page = reportPage(
    [
      { result: result({ plan }), verdict: { kind: "measured", faults: [] } },
      { result: result(), verdict: { kind: "measured", faults: [] } },
    ],
    "first <second>",
    new Date(0),
  );
  assert.ok(!page.includes("<script>alert") && page.includes("first &lt;second&gt;"));
  assert.ok(!/(?:src|href)=/.test(page.replace(/<script>[^]*?<\/script>/g, "")));
  for (const id of ["rate-0", "time-0", "shares-0", "rate-1"]) assert.ok(page.includes(`id="${id}"`), id);
  assert.ok(page.includes("uPlot"));
});
