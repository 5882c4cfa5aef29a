import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { WebSocket } from "ws";
import { createServer } from "../../src/server.ts";
import { startServer } from "../server-fixture.ts";
import { RawDrone, secret, startScaledrone } from "./fixture.ts";

async function upgradeStatus(port: number, path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  const socket = new WebSocket(`ws://localhost:${port}${path}`, { headers, handshakeTimeout: 10_000 });
  const opened = once(socket, "open").then(() => 101);
  const refused = once(socket, "unexpected-response").then(([, response]) => {
    response.resume();
    return response.statusCode as number;
  });
  const status = await Promise.race([opened, refused]);
  socket.on("error", () => undefined);
  socket.terminate();
  return status;
}

test("the door is there only where channels are configured, and beside the hub's own", async (t) => {
  const without = await startServer(t);
  const { port } = await startScaledrone(t);
  assert.deepEqual(
    [await upgradeStatus(without.port, "/v3/websocket"), await upgradeStatus(port, "/v3/websocket"), await upgradeStatus(port, "/hub")],
    [404, 101, 101],
  );
});

test("an ordinary request to the WebSocket's address is told what it is", async (t) => {
  const { port } = await startScaledrone(t);
  const answer = await fetch(`http://localhost:${port}/v3/websocket`);
  assert.deepEqual([answer.status, answer.headers.get("upgrade")], [426, "websocket"]);
  assert.match(await answer.text(), /Scaledrone's API/);
});

test("any origin may come, the host must be ours (the Node client sends a fixed foreign Origin, facts/scaledrone §2)", async (t) => {
  const { port } = await startScaledrone(t);
  assert.equal(await upgradeStatus(port, "/v3/websocket", { origin: "http://websocket.org" }), 101);
  assert.equal(await upgradeStatus(port, "/v3/websocket", { host: "evil.test" }), 421);
});

test("it lies below the base path, REST too", async (t) => {
  const { port } = await startServer(t, { basePath: "/live/", scaledrone: { open: { secret, requireAuth: false } } });
  assert.equal(await upgradeStatus(port, "/live/v3/websocket"), 101);
  assert.equal((await fetch(`http://localhost:${port}/live/open/stats`)).status, 200);
});

test("mounted at the root of an application's server it is there, its REST API too", async (t) => {
  const http = createHttpServer((_request, response) => response.end("theirs"));
  const server = createServer({ anonymous: true, logLevel: "silent", scaledrone: { open: { secret, requireAuth: false } } });
  await server.mount(http);
  await new Promise<void>((resolve) => http.listen(0, resolve));
  t.after(async () => {
    await server.close({ graceMs: 0 });
    http.close();
  });
  const { port } = http.address() as AddressInfo;
  assert.equal(await upgradeStatus(port, "/v3/websocket"), 101);
  assert.deepEqual(await (await fetch(`http://localhost:${port}/open/stats`)).json(), { users_count: 0 });
  assert.equal(await (await fetch(`http://localhost:${port}/opened`)).text(), "theirs");
});

test("a server that drains takes no one, and a handshake that breaks in the middle ends nothing", async (t) => {
  const fixture = await startScaledrone(t);
  const broken = request({
    port: fixture.port,
    path: "/v3/websocket",
    headers: { upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13" },
  });
  broken.on("error", () => undefined).end();
  const [response] = await once(broken, "response");
  assert.equal(response.statusCode, 400);
  await RawDrone.enter(t, fixture, "open");
  const closing = fixture.server.close({ graceMs: 3_000, delayMs: 0, spreadMs: 500 });
  await closing;
  await assert.rejects(fetch(`http://localhost:${fixture.port}/open/stats`));
});

test("the caps for connections count its clients too (R16)", async (t) => {
  const fixture = await startServer(t, { limits: { connections: 1 }, scaledrone: { open: { secret, requireAuth: false } } });
  await RawDrone.enter(t, fixture, "open");
  assert.equal(await upgradeStatus(fixture.port, "/v3/websocket"), 503);
});
