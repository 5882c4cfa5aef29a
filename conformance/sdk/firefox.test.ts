import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { FaultProxy } from "@openline/testkit";
import { rolled, written } from "../../scripts/build.mjs";
import { ServeProcess } from "../browser/serve-process.ts";
import { Firefox, noFirefox as skip } from "./firefox.ts";

let firefox: Firefox;
let pages: Server;
let origin: string;

before(async () => {
  if (skip) return;
  [firefox, pages] = await Promise.all([Firefox.launch(), servePages()]);
  origin = `http://localhost:${(pages.address() as AddressInfo).port}`;
});
after(async () => {
  await firefox?.close();
  pages?.closeAllConnections();
  pages?.close();
});

/** A page that loads the client's bundle as `npm run build` makes it, and the entry for all tabs. */
async function servePages(): Promise<Server> {
  const files = new Map([["/", "<!doctype html><meta charset=utf-8><title>Openline</title>"]]);
  for (const name of ["browser", "shared"]) {
    const made = await rolled(`packages/client/src/${name}.ts`);
    const { output } = await made.generate({ ...written, format: "esm" });
    await made.close();
    files.set(`/${name}.js`, output[0].code);
  }
  const server = createServer(({ url = "/" }, response) => {
    response.writeHead(files.has(url) ? 200 : 404, { "content-type": url === "/" ? "text/html" : "text/javascript" }).end(files.get(url));
  }).listen(0, "localhost");
  await once(server, "listening");
  return server;
}

test("Firefox: the browser build loads, connects, publishes and receives; after a cut exactly what was missed follows", {
  skip,
  timeout: 90_000,
}, async (t) => {
  const serve = await ServeProcess.start("/", "--allowed-origin", origin);
  t.after(async () => await serve.kill());
  const proxy = await FaultProxy.start(Number(new URL(serve.url).port));
  t.after(async () => await proxy.stop());
  await firefox.goto(`${origin}/`);
  const first = await firefox.evaluate(`(async () => {
    const { Client } = await import("/browser.js");
    globalThis.client = new Client("http://localhost:${proxy.port}/", { user: "Ada", reconnect: { minDelayMs: 50, maxDelayMs: 200 } });
    globalThis.room = client.join("firefox");
    globalThis.got = [];
    globalThis.joins = [];
    globalThis.until = (what) => new Promise((resolve) => { const timer = setInterval(() => what() && (clearInterval(timer), resolve()), 10); });
    room.on("joined", ({ recovered, replay }) => joins.push([String(recovered), replay]));
    room.on("message", ({ data }) => got.push(data.text));
    const { position } = await room.publish({ text: "你好 👋" });
    await until(() => got.length === 1);
    return { position: typeof position, got };
  })()`);
  assert.deepEqual(first, { position: "string", got: ["你好 👋"] });
  proxy.refuse();
  proxy.cut();
  await firefox.evaluate(`until(() => client.state === "waiting")`);
  for (const text of ["one", "two"]) assert.equal((await serve.post("firefox", JSON.stringify({ text }), "application/json")).status, 201);
  await firefox.evaluate(`void (globalThis.late = room.publish({ text: "three" }))`);
  proxy.refuse(false);
  const second = await firefox.evaluate(`(async () => {
    await until(() => got.length === 4);
    await late;
    client.close();
    return { got, joins, state: client.state };
  })()`);
  assert.deepEqual(second, {
    got: ["你好 👋", "one", "two", "three"],
    joins: [
      ["undefined", 0],
      ["true", 2],
    ],
    state: "closed",
  });
});

test("Firefox: the browser build loads without throwing where WebSocket is absent", { skip, timeout: 90_000 }, async () => {
  await firefox.goto(`${origin}/`);
  const seen = await firefox.evaluate(`(async () => {
    delete globalThis.WebSocket;
    const { Client } = await import("/browser.js");
    let code;
    try { new Client("/"); } catch (error) { code = error.code; }
    return { code, state: new Client("/", { autoConnect: false }).state };
  })()`);
  assert.deepEqual(seen, { code: "no-websocket", state: "idle" });
});

test("Firefox: two clients of the entry for all tabs share one connection, and the second takes it over from the first", {
  skip,
  timeout: 90_000,
}, async (t) => {
  const serve = await ServeProcess.start("/", "--allowed-origin", origin);
  t.after(async () => await serve.kill());
  await firefox.goto(`${origin}/`);
  const seen = await firefox.evaluate(`(async () => {
    let sockets = 0;
    const Own = WebSocket;
    globalThis.WebSocket = class extends Own { constructor(...all) { super(...all); sockets++; } };
    const { SharedClient } = await import("/shared.js");
    const clients = [0, 1].map(() => new SharedClient(${JSON.stringify(serve.url)}, { user: "Ada" }));
    const got = clients.map(() => []);
    await Promise.all(clients.map((client, at) => new Promise((resolve) => {
      const room = client.join("both");
      room.on("joined", resolve);
      room.on("message", ({ data }) => got[at].push(data));
    })));
    const first = await clients[1].publish("both", 1);
    clients[0].close();
    const second = await clients[1].publish("both", 2);
    while (got[1].length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    return { sockets, got: got[1], ends: [typeof first.position, typeof second.position] };
  })()`);
  assert.deepEqual(seen, { sockets: 2, got: [1, 2], ends: ["string", "string"] });
});
