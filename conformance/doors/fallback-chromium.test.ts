import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createServer, type OpenlineServer } from "@openline/server";
import type { Browser, Page } from "playwright-core";
import { rolled, written } from "../../scripts/build.mjs";
import { launchChromium, skip } from "../browser/chromium.ts";
import { type BlockingProxy, startBlockingProxy } from "./blocking-proxy.ts";

let server: OpenlineServer;
let proxy: BlockingProxy;
let browser: Browser;
const bundles: Record<string, string> = {};
before(async () => {
  if (skip !== false) return;
  server = createServer({ port: 0, host: "127.0.0.1", logLevel: "silent" });
  proxy = await startBlockingProxy((await server.listen()).port);
  browser = await launchChromium();
  for (const name of ["browser", "fallback"]) {
    const made = await rolled(`packages/client/src/${name}.ts`);
    bundles[name] = (await made.generate({ ...written, format: "esm" })).output[0].code;
    await made.close();
  }
});
after(async () => {
  await browser?.close();
  await proxy?.stop();
  await server?.close({ graceMs: 1_000 });
});

/** A page of the server's origin that speaks to the hub through the proxy; its globals are `client`, `heard` and `transports`. */
async function openPage(room: string, hasWebSocket = true): Promise<Page> {
  const page = await browser.newPage();
  for (const [name, body] of Object.entries(bundles))
    await page.route(`**/${name}.js`, (route) => route.fulfill({ contentType: "text/javascript", body }));
  if (!hasWebSocket) await page.addInitScript("delete globalThis.WebSocket");
  await page.goto(`http://127.0.0.1:${proxy.port}/health`);
  await page.evaluate(`(async () => {
    const [{ Client }, { withFallback }] = [await import("/browser.js"), await import("/fallback.js")];
    globalThis.transports = [];
    globalThis.heard = [];
    globalThis.client = new Client("/", { reconnect: { minDelayMs: 20, maxDelayMs: 200 },
      WebSocket: withFallback({ webSocketTimeoutMs: 1000, retryWebSocketMs: 1, onTransport: (name) => transports.push(name) }) });
    globalThis.room = client.join(${JSON.stringify(room)});
    room.on("message", ({ data }) => heard.push(data));
    await new Promise((resolve) => room.on("joined", resolve));
  })()`);
  return page;
}

const read = <T>(page: Page, name: string): Promise<T> => page.evaluate(name);

for (const [what, hasWebSocket, policy] of [
  ["has no WebSocket", false, "pass"],
  ["has its WebSocket refused on the way", true, "refuse"],
  ["has its WebSocket's handshake swallowed", true, "ignore"],
] as const) {
  test(`a page that ${what} joins, publishes and hears over HTTP`, { skip }, async () => {
    proxy.policy = policy;
    const page = await openPage(`chromium-${policy}`, hasWebSocket);
    await page.evaluate('room.publish("通知 🎉")');
    await page.waitForFunction("heard.length === 1");
    assert.deepEqual(await read(page, "[heard, transports]"), [["通知 🎉"], ["xhr-streaming"]]);
    await page.evaluate("client.close()");
    await page.close();
    proxy.policy = "pass";
  });
}

test("a page whose WebSocket is blocked midway goes on over HTTP, and back, without a loss", { skip }, async () => {
  const page = await openPage("chromium-midway");
  const publish = async (from: number): Promise<void> => {
    for (let data = from; data < from + 20; data++) await server.hub.publish("chromium-midway", { data });
  };
  await publish(0);
  proxy.policy = "refuse";
  proxy.cut();
  await publish(20);
  await page.waitForFunction('transports.includes("xhr-streaming")');
  await publish(40);
  proxy.policy = "pass";
  proxy.cut();
  await publish(60);
  await page.waitForFunction('transports.at(-1) === "websocket" && transports.length > 2');
  await page.waitForFunction("heard.length >= 80");
  assert.deepEqual(
    await read(page, "heard"),
    Array.from({ length: 80 }, (_, index) => index),
  );
  await page.close();
});
