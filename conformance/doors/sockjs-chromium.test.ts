import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launchChromium, skip } from "../browser/chromium.ts";
import { type SockjsService, samples, startSockjs } from "./sockjs-endpoint.ts";

let service: SockjsService;
let browser: Browser;
before(async () => {
  if (skip !== false) return;
  service = await startSockjs();
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

/** A page without WebSocket, with the real client in it. */
async function pageWithClient(): Promise<Page> {
  const page = await browser.newPage();
  await page.addInitScript("delete globalThis.WebSocket");
  await page.goto(`${service.url}/`);
  await page.addScriptTag({ url: `${service.url}/sockjs.js` });
  assert.equal(await page.evaluate("typeof WebSocket"), "undefined");
  return page;
}

/** Sends all texts and resolves with what came back, the transport, and how the client's own close ended. */
async function echoed(
  page: Page,
  texts: readonly string[],
  options: object,
): Promise<{ received: string[]; transport: string; code: number }> {
  const script = `new Promise((resolve, reject) => {
    const texts = ${JSON.stringify(texts)};
    const received = [];
    const sock = new SockJS("${service.url}/echo", null, ${JSON.stringify(options)});
    sock.onopen = () => { for (const text of texts) sock.send(text); };
    sock.onmessage = ({ data }) => { received.push(data); if (received.length === texts.length) { const transport = sock.transport; sock.onclose = ({ code }) => resolve({ received, transport, code }); sock.close(3001, "bye"); } };
    sock.onclose = ({ code, reason }) => reject(new Error("closed with " + code + " " + reason + " after " + received.length));
  })`;
  return await page.evaluate(script);
}

for (const transport of ["xhr-streaming", "eventsource", "htmlfile", "xhr-polling", "jsonp-polling"]) {
  test(`U: Chromium without WebSocket, sockjs-client 1.6.1 over ${transport}: every text comes back once and in order`, {
    skip,
  }, async () => {
    const page = await pageWithClient();
    const texts = [...samples, ...Array.from({ length: 30 }, (_, index) => `message ${index}`)];
    const { received, ...rest } = await echoed(page, texts, { transports: [transport], timeout: 20_000 });
    assert.deepEqual(received, texts);
    assert.deepEqual(rest, { transport, code: 3001 });
    assert.equal(service.protocols.at(-1), transport);
    await page.close();
  });
}

for (const transport of ["iframe-eventsource", "iframe-htmlfile", "iframe-xhr-polling"]) {
  test(`U: a page of another origin reaches it through the iframe page, over ${transport}`, { skip }, async () => {
    const other = await startSockjs();
    const page = await browser.newPage();
    await page.addInitScript("delete globalThis.WebSocket");
    await page.goto(`${other.url}/`);
    await page.addScriptTag({ url: `${other.url}/sockjs.js` });
    const { received, ...rest } = await echoed(page, samples, { transports: [transport], timeout: 20_000 });
    assert.deepEqual(received, samples);
    assert.deepEqual(rest, { transport, code: 3001 });
    await page.close();
    await other.stop();
  });
}

test("Chromium without WebSocket falls back to xhr-streaming by itself (facts §11)", { skip }, async () => {
  const page = await pageWithClient();
  const { transport, received } = await echoed(page, ["a"], { timeout: 20_000 });
  assert.deepEqual([transport, received], ["xhr-streaming", ["a"]]);
  await page.close();
});

test("a page of another origin may use it, with the origin said back (facts §7)", { skip }, async () => {
  const other = await startSockjs();
  const page = await browser.newPage();
  await page.addInitScript("delete globalThis.WebSocket");
  await page.goto(`${other.url}/`);
  await page.addScriptTag({ url: `${other.url}/sockjs.js` });
  const { transport, received } = await echoed(page, ["across"], { timeout: 20_000 });
  assert.deepEqual([transport, received], ["xhr-streaming", ["across"]]);
  await page.close();
  await other.stop();
});
