import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { rolled, written } from "../../scripts/build.mjs";
import { settles } from "../browser/chat-tab.ts";
import { launchChromium, skip } from "../browser/chromium.ts";
import { ServeProcess } from "../browser/serve-process.ts";

let browser: Browser;
let serve: ServeProcess;
let bundle: string;

before(async () => {
  if (skip) return;
  browser = await launchChromium();
  serve = await ServeProcess.start("/");
  const made = await rolled("packages/client/src/shared.ts");
  const { output } = await made.generate({ ...written, format: "esm" });
  await made.close();
  bundle = output[0].code;
});
after(async () => {
  await browser?.close();
  await serve?.kill();
});

/** A tab of the browser's context with a shared client in it, that is in `room` and keeps what it gets in `got`. */
async function openTab(context: BrowserContext, room: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(serve.url);
  await page.evaluate(`(async () => {
    const { SharedClient } = await import("/shared.js");
    globalThis.client = new SharedClient("/", { user: "Ada" });
    globalThis.got = [];
    globalThis.joins = [];
    globalThis.ends = [];
    globalThis.publish = (data) => {
      client.publish(${JSON.stringify(room)}, data).then(({ position }) => ends.push([data, typeof position]), ({ code }) => ends.push([data, code]));
    };
    const room = client.join(${JSON.stringify(room)});
    room.on("message", ({ data }) => got.push(data));
    room.on("insufficient", () => joins.push("insufficient"));
    await new Promise((resolve) => room.on("joined", ({ recovered }) => { joins.push(String(recovered)); resolve(); }));
  })()`);
  return page;
}

/** A browser's user: the sockets that its tabs have opened are counted. */
async function openContext(): Promise<{ context: BrowserContext; sockets: Map<Page, number> }> {
  const context = await browser.newContext();
  const sockets = new Map<Page, number>();
  context.on("page", (page) => page.on("websocket", () => sockets.set(page, (sockets.get(page) ?? 0) + 1)));
  await context.route("**/shared.js", (route) => route.fulfill({ contentType: "text/javascript", body: bundle }));
  return { context, sockets };
}

const read = async <T>(page: Page, expression: string): Promise<T> => await page.evaluate<T>(expression);

const missing = (wanted: readonly number[], there: readonly number[]): number[] => wanted.filter((n) => !there.includes(n));

for (const how of ["is closed", "crashes"] as const) {
  test(`three tabs share one connection; the leading one ${how} under traffic: another takes over, nothing is lost and nothing comes twice`, {
    skip,
    timeout: 90_000,
  }, async () => {
    const { context, sockets } = await openContext();
    const room = `shared ${how}`;
    const tabs: Page[] = [];
    for (let n = 0; n < 3; n++) tabs.push(await openTab(context, room));
    const [first, second, third] = tabs;
    assert.ok(first && second && third);
    assert.deepEqual([sockets.get(first), sockets.get(second), sockets.get(third)], [1, undefined, undefined]);
    const session = await read<string>(second, "client.session");
    // Both publish all the while; the leader goes in the middle of it.
    const publishing = [second, third].map(async (page, at) => {
      await page.evaluate(`(async () => {
        for (let n = ${at}; n < 60; n += 2) { publish(n); await new Promise((resolve) => setTimeout(resolve, 20)); }
      })()`);
    });
    await new Promise((resolve) => setTimeout(resolve, 250));
    if (how === "is closed") await first.close({ runBeforeUnload: true });
    else void first.goto("chrome://crash").catch(() => undefined);
    await Promise.all(publishing);
    for (const page of [second, third]) {
      await settles(() => read<number>(page, "ends.length"), 30, 30_000);
    }
    const ends = (await Promise.all([second, third].map((page) => read<[number, string][]>(page, "ends")))).flat();
    const stored = ends.flatMap(([n, end]) => (end === "string" ? [n] : []));
    // Chromium ends a crashed tab's connection with 1001, and with it the session: what was under way just then is `unknown`, and said to be.
    if (how === "is closed") assert.equal(stored.length, 60);
    else
      assert.deepEqual(
        ends.filter(([, end]) => end !== "string" && end !== "unknown"),
        [],
      );
    for (const page of [second, third]) await settles(async () => missing(stored, await read<number[]>(page, "got")), [], 30_000);
    const order = await read<number[]>(second, "got");
    assert.equal(new Set(order).size, order.length, "nothing comes twice");
    assert.deepEqual(await read(third, "got"), order);
    for (const page of [second, third]) assert.deepEqual(await read(page, "joins"), ["undefined", "true"]);
    assert.equal((await read(second, "client.session")) === session, how === "is closed");
    assert.equal(await read(third, "client.session"), await read(second, "client.session"));
    assert.equal((sockets.get(second) ?? 0) + (sockets.get(third) ?? 0), 1);
    await context.close();
  });
}
