import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { launchChromium, skip } from "../browser/chromium.ts";
import { startRun } from "./run-process.ts";

const folder = fileURLToPath(new URL("../../examples/count", import.meta.url));
const deadlineMs = 60_000;
let browser: Browser;
before(async () => {
  if (skip === false) browser = await launchChromium();
});
after(() => browser?.close());

const counted = [
  "CONNECT",
  ...Array.from({ length: 10 }, (_, at) => `MESSAGE: ${at + 1}`),
  "DISCONNECT: 1000 the program has ended",
  "",
].join("\n");

async function logOf(page: Page): Promise<string> {
  await page.waitForFunction("document.querySelector('#log').textContent.includes('DISCONNECT')", undefined, { timeout: deadlineMs });
  return (await page.textContent("#log")) ?? "";
}

test("R: count.sh counts from 1 to 10, one a second, and a page logs CONNECT, ten MESSAGEs and DISCONNECT, served beside the program or from elsewhere on this machine", {
  skip,
  timeout: deadlineMs,
}, async (t) => {
  const bare = await startRun(t, folder, "./count.sh");
  const served = await startRun(t, folder, "--staticdir=.", "./count.sh");
  const [own, other] = [await browser.newPage(), await browser.newPage()];
  t.after(async () => Promise.all([own.close(), other.close()]));
  const from = performance.now();
  await Promise.all([own.goto(served.url), other.goto(`${served.url}?${bare.url.replace("http", "ws")}`)]);
  assert.deepEqual(await Promise.all([logOf(own), logOf(other)]), [counted, counted]);
  assert.ok(performance.now() - from >= 9_500, `after ${performance.now() - from} ms`);
});
