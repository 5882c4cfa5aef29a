import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { FaultProxy } from "@openline/testkit";
import type { Browser } from "playwright-core";
import { launchChromium, skip } from "../browser/chromium.ts";
import { startRun } from "./run-process.ts";

const folder = fileURLToPath(new URL("../../examples/count", import.meta.url));
const deadlineMs = 60_000;
let browser: Browser;
before(async () => {
  if (skip === false) browser = await launchChromium();
});
after(() => browser?.close());

test("a program's lines in a room of the hub: the browser's client comes back through a cut line without loss", {
  skip,
  timeout: deadlineMs,
}, async (t) => {
  const site = mkdtempSync(join(tmpdir(), "openline-site-"));
  t.after(() => rmSync(site, { recursive: true }));
  cpSync(join(folder, "hub.html"), join(site, "hub.html"));
  cpSync(
    fileURLToPath(new URL("../../packages/client/dist/openline-client.min.js", import.meta.url)),
    join(site, "openline-client.min.js"),
  );
  // The second part comes while the page has no line, however slow the machine is.
  const ticker = "seq 1 10; while ! [ -e go ]; do sleep 0.05; done; seq 11 50; cat";
  const { url } = await startRun(t, site, "--hub", "--hub-room=count", "--staticdir=.", "/bin/sh", "-c", ticker);
  const proxy = await FaultProxy.start(Number(new URL(url).port));
  t.after(() => proxy.stop());
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(`http://127.0.0.1:${proxy.port}/hub.html`);
  await page.waitForFunction("document.querySelector('#log').textContent.includes('MESSAGE: 10')");
  proxy.refuse();
  proxy.cut();
  await page.waitForFunction("document.querySelector('#log').textContent.includes('waiting')");
  writeFileSync(join(site, "go"), "");
  proxy.refuse(false);
  for (const text of ["recovered: true", "MESSAGE: 50"])
    await page.waitForFunction(`document.querySelector('#log').textContent.includes('${text}')`, undefined, { timeout: deadlineMs });
  const lines = ((await page.textContent("#log")) ?? "").trim().split("\n");
  assert.deepEqual(
    lines.filter((line) => line.startsWith("MESSAGE")),
    Array.from({ length: 50 }, (_, at) => `MESSAGE: ${at + 1}`),
  );
  assert.ok(lines.includes("waiting") && lines.includes("recovered: true"), lines.join());
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
    await page.locator("li.in").nth(1).waitFor();
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
