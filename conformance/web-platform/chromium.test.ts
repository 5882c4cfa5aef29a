import assert from "node:assert/strict";
import { test } from "node:test";
import type { Browser } from "playwright-core";
import { rolled, written } from "../../scripts/build.mjs";
import { launchChromium, skip } from "../browser/chromium.ts";
import { countOf, unexpected } from "./expectations.ts";
import { startHttp2Server } from "./http2-server.ts";
import type { Outcome } from "./run-parts.ts";
import { startServer } from "./test-server.ts";

async function bundled(): Promise<string> {
  const made = await rolled("conformance/web-platform/page.ts");
  const { output } = await made.generate({ ...written, format: "esm" });
  await made.close();
  return output[0].code;
}

async function runIn(browser: Browser, scheme: "http" | "https", isHttp2: boolean, bundle: string): Promise<readonly Outcome[]> {
  const pages = { "/web/page": "<!doctype html><title>cases</title>", "/web/page.js": bundle };
  const server = await (isHttp2 ? startHttp2Server(pages) : startServer(scheme === "https", pages));
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    await page.goto(`${scheme}://localhost:${server.port}/web/page`);
    return await page.evaluate<readonly Outcome[]>(`import("/web/page.js").then(({ runInPage }) => runInPage(${isHttp2}))`);
  } finally {
    await context.close();
    await server.stop();
  }
}

const places = [
  { name: "http", scheme: "http", isHttp2: false },
  { name: "https", scheme: "https", isHttp2: false },
  { name: "https and HTTP/2", scheme: "https", isHttp2: true },
] as const;

// The judge of the cases: what they ask for is what a browser does.
test("Chromium's own classes pass the same cases on pages over http, https, and HTTP/2", { skip, timeout: 120_000 }, async (t) => {
  const browser = await launchChromium();
  t.after(() => browser.close());
  const bundle = await bundled();
  // Together, since most of the time goes into waiting: see page.ts.
  const found = await Promise.all(
    places.map(async ({ name, scheme, isHttp2 }) => ({ place: name, outcomes: await runIn(browser, scheme, isHttp2, bundle) })),
  );
  for (const { place, outcomes } of found) {
    t.diagnostic(`${place}: ${countOf(outcomes)}`);
    assert.deepEqual(unexpected("chromium", outcomes), [], place);
  }
});
