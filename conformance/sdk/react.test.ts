import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { rolled, written } from "../../scripts/build.mjs";
import { settles } from "../browser/chat-tab.ts";
import { launchChromium, skip } from "../browser/chromium.ts";
import { ServeProcess } from "../browser/serve-process.ts";

let browser: Browser;
let serve: ServeProcess;
let bundle: string;
const html = readFileSync(fileURLToPath(new URL("../../examples/react/index.html", import.meta.url)), "utf8");

before(async () => {
  if (skip) return;
  browser = await launchChromium();
  serve = await ServeProcess.start("/");
  const made = await rolled("examples/react/main.jsx");
  const { output } = await made.generate({ ...written, format: "esm" });
  await made.close();
  bundle = output[0].code;
});
after(async () => {
  await browser?.close();
  await serve?.kill();
});

/** The example's page of one person, and what went wrong in it. */
async function open(user: string): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext();
  const faults: string[] = [];
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(String(error)));
  // The server's own address: for a made-up one Chromium refuses connections to this machine. The page has loaded a module main.js already.
  await page.goto(`${serve.url}?user=${user}`);
  await page.route("**/example.js", (route) => route.fulfill({ contentType: "text/javascript", body: bundle }));
  await page.setContent(html.replace("main.js", "example.js"));
  return { page, faults };
}

test("examples/react: two pages in StrictMode talk in a room, are in it once each, and one that was offline shows what it missed", {
  skip,
  timeout: 90_000,
}, async () => {
  const [ada, bo] = [await open("Ada"), await open("Bo")];
  for (const { page } of [ada, bo]) await settles(async () => await page.locator("p").textContent(), "connected, in the room: Ada, Bo");
  await ada.page.getByLabel("Message").fill("Hello Bo 👋");
  await ada.page.getByLabel("Message").press("Enter");
  for (const { page } of [ada, bo]) await settles(async () => await page.locator("li").allTextContents(), ["Ada: Hello Bo 👋"]);
  await bo.page.context().setOffline(true);
  await settles(async () => (await bo.page.locator("p").textContent())?.startsWith("waiting"), true);
  await ada.page.getByLabel("Message").fill("Where are you?");
  await ada.page.getByLabel("Message").press("Enter");
  await bo.page.context().setOffline(false);
  for (const { page } of [ada, bo])
    await settles(async () => await page.locator("li").allTextContents(), ["Ada: Hello Bo 👋", "Ada: Where are you?"]);
  assert.deepEqual([ada.faults, bo.faults], [[], []]);
});
