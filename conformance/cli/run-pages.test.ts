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

for (const [device, viewport] of [
  ["desktop", { width: 1100, height: 720 }],
  ["phone", { width: 390, height: 760 }],
] as const) {
  test(`the development console on a ${device}: connect, send text and bytes, look, bring back what was sent, and read what a close code means`, {
    skip,
    timeout: deadlineMs,
  }, async (t) => {
    const { url, log } = await startRun(t, folder, "--devconsole", "cat");
    const page = await browser.newPage({ viewport });
    t.after(() => page.close());
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    await page.goto(`${url}any/path?x=1`);
    assert.equal(await page.inputValue("#url"), `${url.replace("http", "ws")}any/path?x=1`);
    await page.click("#connect");
    await page.waitForSelector('#state[data-state="open"]');
    const say = async (text: string): Promise<void> => {
      await page.fill("#message", text);
      await page.press("#message", "Enter");
    };
    await say("你好 👋");
    await page.waitForSelector("li.in");
    assert.deepEqual([await page.textContent("li.in pre"), await page.textContent("li.in .size")], ["你好 👋", "11 bytes"]);
    await say('{"a":[1]}');
    await page.waitForFunction("document.querySelectorAll('li.in').length === 2");
    assert.match((await page.locator("li.in pre").nth(1).textContent()) ?? "", /^\{\n {2}"a": \[/);
    await page.press("#message", "ArrowUp");
    assert.equal(await page.inputValue("#message"), '{"a":[1]}');
    await page.selectOption("#kind", "hex");
    await say("4");
    assert.match((await page.textContent("li.bad pre")) ?? "", /no hex/);
    await say("48 69");
    await page.waitForSelector('#state[data-state="closed"]');
    assert.match((await page.locator("li.out pre").nth(2).textContent()) ?? "", /48 69 .*Hi/);
    assert.match(
      (await page.locator("li.bad pre").nth(1).textContent()) ?? "",
      /^closed with 1003 after .*not accepted[\s\S]*reason: lines of text only/,
    );
    assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
    assert.deepEqual(faults, []);
    assert.match(log(), /DEVCONSOLE/);
  });
}
