import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { rolled, written } from "../../scripts/build.mjs";
import { launchChromium, skip } from "../browser/chromium.ts";
import { ServeProcess } from "../browser/serve-process.ts";

let browser: Browser;
let serve: ServeProcess;

before(async () => {
  if (skip) return;
  browser = await launchChromium();
  serve = await ServeProcess.start("/");
});
after(async () => {
  await browser?.close();
  await serve?.kill();
});

/** The two entries for browsers, as `npm run build` bundles the first. */
const entries = { "/client.js": "packages/client/src/browser.ts", "/stored-queue.js": "packages/client/src/stored-queue.ts" };

/** A page of the server's origin with the client's bundles at hand. */
async function openPage(): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext();
  for (const [path, entry] of Object.entries(entries)) {
    const made = await rolled(entry);
    const { output } = await made.generate({ ...written, format: "esm" });
    await made.close();
    await context.route(`**${path}*`, (route) => route.fulfill({ contentType: "text/javascript", body: output[0].code }));
  }
  const page = await context.newPage();
  // The server's own page, its door shut: for a made-up one Chromium refuses connections to this machine.
  await page.goto(serve.url);
  return { context, page };
}

test("the bundle speaks to a hub from a page, and loads without throwing where WebSocket is absent", {
  skip,
  timeout: 90_000,
}, async () => {
  const { context, page } = await openPage();
  const seen: unknown = await page.evaluate(`(async () => {
    const { Client } = await import("/client.js");
    const client = new Client("/", { user: "Ada" });
    const room = client.join("bundle");
    const heard = new Promise((resolve) => room.on("message", ({ data }) => resolve(data)));
    await new Promise((resolve) => room.on("joined", resolve));
    await room.publish({ text: "你好 👋" });
    const data = await heard;
    client.close();
    delete globalThis.WebSocket;
    const bare = await import("/client.js?again");
    let code;
    try { new bare.Client("/"); } catch (error) { code = error.code; }
    return { data, state: client.state, code, idle: new bare.Client("/", { autoConnect: false }).state };
  })()`);
  assert.deepEqual(seen, { data: { text: "你好 👋" }, state: "closed", code: "no-websocket", idle: "idle" });
  await context.close();
});

test("what was published offline is in sessionStorage, and goes out after a reload of the page", { skip, timeout: 90_000 }, async () => {
  const { context, page } = await openPage();
  await page.evaluate(`(async () => {
    const { Client } = await import("/client.js");
    const { StoredQueue } = await import("/stored-queue.js");
    const queue = new StoredQueue(new Client("/", { autoConnect: false }), { storage: sessionStorage });
    for (const text of ["one", "two"]) void queue.publish("stored", { text });
  })()`);
  await page.reload();
  const seen: unknown = await page.evaluate(`(async () => {
    const { Client } = await import("/client.js");
    const { StoredQueue } = await import("/stored-queue.js");
    const client = new Client("/");
    const ends = [];
    await new Promise((resolve) => {
      new StoredQueue(client, { storage: sessionStorage, recovered: ({ data }, { position }) => {
        if (ends.push([data.text, typeof position]) === 2) resolve();
      } });
    });
    return { ends, left: Object.keys(sessionStorage).filter((key) => key.startsWith('openline:')).length };
  })()`);
  assert.deepEqual(seen, {
    ends: [
      ["one", "string"],
      ["two", "string"],
    ],
    left: 0,
  });
  await context.close();
});
