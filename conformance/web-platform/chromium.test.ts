import assert from "node:assert/strict";
import { test } from "node:test";
import type { Browser } from "playwright-core";
import { rolled, written } from "../../scripts/build.mjs";
import { launchChromium, skip } from "../browser/chromium.ts";
import { expectations } from "./expectations.ts";
import type { Outcome } from "./run-parts.ts";
import { startServer } from "./test-server.ts";

async function bundled(): Promise<string> {
  const made = await rolled("conformance/web-platform/page.ts");
  const { output } = await made.generate({ ...written, format: "esm" });
  await made.close();
  return output[0].code;
}

async function runIn(browser: Browser, scheme: "http" | "https", bundle: string): Promise<readonly Outcome[]> {
  const server = await startServer(scheme === "https", { "/web/page": "<!doctype html><title>cases</title>", "/web/page.js": bundle });
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    await page.goto(`${scheme}://localhost:${server.port}/web/page`);
    return await page.evaluate<readonly Outcome[]>(`import("/web/page.js").then(({ runInPage }) => runInPage())`);
  } finally {
    await context.close();
    await server.stop();
  }
}

// The judge of the cases: what they ask for is what a browser does.
test("Chromium's own classes pass the same cases on pages over http and https:", { skip, timeout: 60_000 }, async (t) => {
  const browser = await launchChromium();
  t.after(() => browser.close());
  const bundle = await bundled();
  // Together, since most of the time goes into waiting: see page.ts.
  const found = await Promise.all(
    (["http", "https"] as const).map(async (scheme) => ({ scheme, outcomes: await runIn(browser, scheme, bundle) })),
  );
  for (const { scheme, outcomes } of found) {
    t.diagnostic(`${scheme}: ${outcomes.filter(({ fault }) => fault === undefined).length} of ${outcomes.length} pass`);
    for (const { part, name, fault } of outcomes) {
      const reason = expectations.chromium[name];
      await t.test(`${scheme}, ${part}: ${name}`, () => {
        if (reason === undefined) assert.equal(fault, undefined);
        else assert.notEqual(fault, undefined, `it holds, although ${reason}`);
      });
    }
  }
});
