import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { createServer as createHub } from "@openline/server";
import { CountingProxy } from "../transports/counting-proxy.ts";
import { measure } from "../transports/measure.ts";
import { transportsPage, transportsPlot } from "../transports/page.ts";

test("the meter counts connections and every byte in each direction", async (t) => {
  const server = createServer((socket) => socket.on("data", () => socket.end("four"))).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const proxy = await CountingProxy.start(address.port);
  t.after(() => proxy.close());
  for (const text of ["seventy", "six66"]) {
    const socket = connect(proxy.port, "127.0.0.1").resume();
    socket.write(text);
    await once(socket, "close");
  }
  assert.deepEqual([proxy.connections, proxy.up, proxy.down], [2, 12, 8]);
});

test("T: polling with and without keep-alive, long polling, events and WebSocket side by side: each hears everything once and in order, and each step costs fewer header bytes", async (t) => {
  const server = createHub({ port: 0, host: "127.0.0.1", logLevel: "silent" });
  t.after(() => server.close({ graceMs: 0 }));
  const { port } = await server.listen();
  const publish = async (data: unknown): Promise<void> => void (await server.hub.publish("prices", { data }));
  const measured = await measure({ port, publish, messages: 6, everyMs: 300, random: () => 0.5 });
  const of = Object.fromEntries(measured.map((one) => [one.way.id, one]));
  assert.ok((of["poll"]?.headerBytes ?? 0) > (of["long-poll"]?.headerBytes ?? 0) * 0.3);
  assert.ok((of["long-poll"]?.headerBytes ?? 0) > (of["sse"]?.headerBytes ?? 0));
  assert.deepEqual([of["sse"]?.requests, of["websocket"]?.requests, of["websocket"]?.connections], [1, 1, 1]);
  assert.equal(of["poll-keep-alive"]?.connections, 1);
  assert.equal(of["poll"]?.connections, of["poll"]?.requests);
  const page = transportsPage(measured, { everyMs: 300, taken: "now" });
  for (const { way } of measured) assert.ok(page.includes(`| ${way.name}`), page);
  assert.equal(transportsPlot(measured).match(/class="ours"/g)?.length, 4);
});
