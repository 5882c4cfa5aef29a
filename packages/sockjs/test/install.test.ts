import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "@openline/ws";
import { installOn } from "../src/install.ts";
import { createServer } from "../src/server.ts";

function scene(): { server: EventEmitter; told: string[]; uninstall: () => void } {
  const server = new EventEmitter();
  const told: string[] = [];
  server.on("request", ({ url }) => told.push(`theirs ${url}`));
  const uninstall = installOn(server, {
    isOurs: ({ url }) => url?.startsWith("/ours") === true,
    handleRequest: ({ url }) => told.push(`ours ${url}`),
    handleUpgrade: ({ url }) => told.push(`our upgrade ${url}`),
  });
  return { server, told, uninstall };
}

test("what lies below the prefix comes here, the rest goes to the listeners that were there", () => {
  const { server, told } = scene();
  for (const url of ["/ours/x", "/theirs"]) server.emit("request", { url });
  server.emit("upgrade", { url: "/ours/x" });
  assert.deepEqual(told, ["ours /ours/x", "theirs /theirs", "our upgrade /ours/x"]);
});

test("an upgrade that nobody listens for ends its connection", () => {
  const { server } = scene();
  let destroyed = 0;
  server.emit("upgrade", { url: "/theirs" }, { destroy: () => destroyed++ });
  assert.equal(destroyed, 1);
});

test("a listener that was put on later is left what is its own, and a request that nobody listens for is 404", async (t) => {
  const http = createHttpServer();
  const endpoint = createServer({ prefix: "/echo" }).installHandlers(http);
  await new Promise<void>((resolve) => http.listen(0, resolve));
  const { port } = http.address() as AddressInfo;
  t.after(async () => {
    await endpoint.close({ graceMs: 0 });
    http.close();
  });
  const get = async (path: string): Promise<[number, string]> => {
    const answer = await fetch(`http://localhost:${port}${path}`, { headers: { connection: "close" } });
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await get("/elsewhere"), [404, "Not found\n"]);
  http.on("request", ({ url }, response) => url?.startsWith("/echo") !== true && response.end("theirs"));
  assert.deepEqual(await get("/elsewhere"), [200, "theirs"]);
  assert.deepEqual(await get("/echo"), [200, "Welcome to SockJS!\n"]);
  const theirs = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, socket, head) => {
    if (request.url === "/theirs") theirs.handleUpgrade(request, socket, head, (opened) => opened.send("theirs"));
  });
  const [other, own] = ["/theirs", "/echo/000/a/websocket"].map((path) => new WebSocket(`ws://localhost:${port}${path}`));
  assert.ok(other !== undefined && own !== undefined);
  const heard = await Promise.all([once(other, "message"), once(own, "message")]);
  assert.deepEqual(heard.map(String), ["theirs,false", "o,false"]);
  for (const socket of [other, own]) socket.terminate();
});

test("on a server of node:http2 its WebSockets over HTTP/2 work, all else there is the application's (RFC 8441 §4)", {
  timeout: 20_000,
}, async (t) => {
  const http = createHttp2Server((_request, response) => response.end("theirs"));
  const sockjs = createServer({ prefix: "/echo" });
  sockjs.on("connection", (connection) => connection.on("data", (message) => connection.write(message)));
  const endpoint = sockjs.installHandlers(http);
  await new Promise<void>((resolve) => http.listen(0, resolve));
  const { port } = http.address() as AddressInfo;
  const over = connect(`http://localhost:${port}`);
  t.after(async () => {
    over.close();
    await endpoint.close({ graceMs: 0 });
    http.close();
  });
  await once(over, "remoteSettings");
  const socket = new WebSocket(`ws://localhost:${port}/echo/000/a/websocket`, { http2: over });
  const [opened] = await once(socket, "message");
  socket.send('["嗨"]');
  const [echo] = await once(socket, "message");
  assert.deepEqual([String(opened), String(echo)], ["o", 'a["嗨"]']);
  const page = over.request({ ":path": "/page" }).setEncoding("utf8");
  assert.deepEqual(await page.toArray(), ["theirs"]);
  socket.close();
});

test("uninstalled, the listeners are as before; a later one's are left alone", () => {
  const { server, told, uninstall } = scene();
  uninstall();
  server.emit("request", { url: "/ours/x" });
  assert.deepEqual(told, ["theirs /ours/x"]);
  assert.equal(server.listenerCount("upgrade"), 0);
  const later = scene();
  later.server.removeAllListeners("request");
  later.uninstall();
  assert.equal(later.server.listenerCount("request"), 0);
});
