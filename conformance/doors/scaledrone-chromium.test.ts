import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { createServer, type OpenlineServer } from "@openline/server";
import { FaultProxy } from "@openline/testkit";
import { SignJWT } from "jose";
import type { Browser } from "playwright-core";
import { rolldown } from "rolldown";
import { launchChromium, skip } from "../browser/chromium.ts";

const secret = "0123456789abcdef0123456789abcdef";
const [open, closed] = ["OPENoooooooooooo", "CLOSEDcccccccccc"];

let server: OpenlineServer;
let proxy: FaultProxy;
let browser: Browser;
let client: string;
before(async () => {
  if (skip !== false) return;
  const scaledrone = { [open]: { secret, requireAuth: false, history: true }, [closed]: { secret } };
  server = createServer({ port: 0, host: "127.0.0.1", logLevel: "silent", scaledrone });
  proxy = await FaultProxy.start((await server.listen()).port);
  browser = await launchChromium();
  client = await liteBuild();
});
after(async () => {
  await browser?.close();
  await proxy?.stop();
  await server?.close({ graceMs: 0 });
});

/** The client for browsers, which is not on npm: the one for Node is generated of the same source, and differs in its `config.js` alone. */
async function liteBuild(): Promise<string> {
  const config = { isBrowser: true, isBrowserLite: true, websocketUrl: "wss://api.scaledrone.com/v3/websocket" };
  const made = await rolldown({
    input: createRequire(import.meta.url).resolve("scaledrone-node"),
    platform: "browser",
    transform: { define: { global: "globalThis" } },
    plugins: [
      {
        name: "lite",
        resolveId: (id) => (id === "ws" || id === "sockjs-client" ? "\0none" : null),
        load: (id) => {
          if (id === "\0none") return "export {}";
          return id.endsWith("scaledrone-node/config.js") ? `module.exports = ${JSON.stringify(config)}` : null;
        },
      },
    ],
  });
  const { output } = await made.generate({ format: "iife", name: "scaledroneClient" });
  await made.close();
  return output[0].code;
}

test("Chromium, Scaledrone's client: members, messages, history, a token, and back in its rooms after a dropped line", {
  skip,
  timeout: 90_000,
}, async () => {
  const page = await browser.newPage();
  page.setDefaultTimeout(85_000);
  await page.goto(`http://127.0.0.1:${proxy.port}/health`);
  await page.evaluate(client);
  const has = async (script: string): Promise<void> => void (await page.waitForFunction(script));
  await page.evaluate(`{
    globalThis.heard = [];
    const url = "ws://127.0.0.1:${proxy.port}/v3/websocket";
    globalThis.drone = new Scaledrone("${open}", { url, data: { name: "阿达 🐼" } });
    const room = drone.subscribe("observable-聊天");
    room.on("members", (members) => heard.push(["members", members.map(({ clientData }) => clientData)]));
    room.on("message", ({ data, member }) => heard.push(["message", data, member.clientData]));
    drone.on("reconnect", () => heard.push(["reconnect"]));
    globalThis.guarded = new Scaledrone("${closed}", { url });
    guarded.subscribe("main").on("message", ({ data }) => heard.push(["guarded", data]));
  }`);
  await has("heard.length === 1");
  await page.evaluate(`drone.publish({ room: "observable-聊天", message: { text: "你好 👋🏽 e\u0301" } })`);
  await has("heard.length === 2");
  const shown = { name: "阿达 🐼" };
  assert.deepEqual(await page.evaluate("heard.splice(0)"), [
    ["members", [shown]],
    ["message", { text: "你好 👋🏽 e\u0301" }, shown],
  ]);
  await has("guarded.clientId !== undefined");
  const token = await new SignJWT({
    client: await page.evaluate<string>("guarded.clientId"),
    channel: closed,
    permissions: { "^main$": { publish: true, subscribe: true } },
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setExpirationTime("180s")
    .sign(new TextEncoder().encode(secret));
  await page.evaluate(`{
    guarded.on("authenticate", (error) => { if (error === undefined) guarded.publish({ room: "main", message: "in" }); });
    guarded.authenticate("${token}");
  }`);
  await has("heard.length === 1");
  assert.deepEqual(await page.evaluate("heard.splice(0)"), [["guarded", "in"]]);
  await page.evaluate("guarded.close()");
  proxy.cut();
  // Its history is not asked for again; who is there is told anew.
  await has('heard.some(([what]) => what === "reconnect") && heard.some(([what]) => what === "members")');
  await page.evaluate("drone.close()");
  await page.close();
});
