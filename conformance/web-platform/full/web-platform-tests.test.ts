import assert from "node:assert/strict";
import { test } from "node:test";
import { notApplicable, unexpectedOf, whyNotRun } from "../wpt/wpt-expectations.ts";
import { pagesOf } from "../wpt/wpt-files.ts";
import { type PageResult, runPages } from "../wpt/wpt-run.ts";
import { noTests, startWptServer, testsRoot } from "../wpt/wpt-server.ts";

const skip = process.env["CI"] === "true" ? false : (noTests ?? false);

/** `1395 of 1400 on 430 pages`, for all variants and for each. */
function countsOf(results: readonly PageResult[]): readonly string[] {
  const variants = new Set(results.map(({ page }) => page.variant));
  return [undefined, ...variants].map((wanted) => {
    const found = results.filter(({ page }) => wanted === undefined || page.variant === wanted);
    const subtests = found.flatMap((one) => one.subtests);
    const passed = subtests.filter(({ fault }) => fault === "").length;
    return `${wanted === undefined ? "all" : wanted || "no variant"}: ${passed} of ${subtests.length} subtests on ${found.length} pages`;
  });
}

test("the web platform tests of the WebSockets Standard run on our classes in Node as expected", {
  skip,
  timeout: 30 * 60_000,
}, async (t) => {
  if (noTests !== undefined) throw new Error(noTests);
  const all = pagesOf(testsRoot, "websockets");
  const pages = all.filter(({ path }) => whyNotRun(path) === undefined);
  for (const beginning of Object.keys(notApplicable)) {
    assert.ok(
      all.some(({ path }) => path.startsWith(beginning)),
      `no page is called ${beginning}…`,
    );
  }
  const server = await startWptServer();
  t.after(() => server.stop());
  const results = await runPages(server, pages, 6);
  for (const line of countsOf(results)) t.diagnostic(line);
  t.diagnostic(`${all.length - pages.length} pages ask for what a program has not`);
  assert.deepEqual(results.flatMap(unexpectedOf), []);
});
