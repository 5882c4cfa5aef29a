import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Hub } from "@openline/hub";
import { WebSocketServer } from "@openline/ws";
import { Client } from "../src/node.ts";

test("on plain Node the client speaks over a real socket to a real hub: join, publish, receive, interrupt, recover", async (t) => {
  let ids = 0;
  const next = (): string => `i${ids++}`;
  const clock = { now: Date.now, setTimeout, clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout) };
  const hub = new Hub({ clock, ids: { sessionId: next, secret: next, epoch: next, tag: next } });
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "openline.v1" });
  server.on("connection", (socket) => {
    const connection = hub.open({
      kind: "websocket",
      send: ({ text }) => {
        socket.send(text);
        return true;
      },
      close: (code, reason) => socket.close(code, reason),
    });
    socket.on("message", (data) => connection.receive(String(data)));
    socket.on("close", (code) => connection.closed(code, code !== 1006));
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = new Client(`http://127.0.0.1:${port}/`, { user: "Ada", reconnect: { minDelayMs: 1 } });
  t.after(() => {
    client.close();
    hub.close();
    server.close();
  });

  const room = client.join<{ text: string }>("大厅");
  const texts: string[] = [];
  const two = new Promise<void>((resolve) => {
    room.on("message", ({ data }) => {
      texts.push(data.text);
      if (texts.length === 2) resolve();
    });
  });
  const joined = new Promise<void>((resolve) => void room.on("joined", ({ recovered }) => recovered === true && resolve()));
  await room.publish({ text: "你好 👋" });
  client.interrupt();
  await hub.publish("大厅", { data: { text: "missed" } });
  await Promise.all([joined, two]);
  assert.deepEqual([client.url, client.user, texts], [`ws://127.0.0.1:${port}/hub`, "Ada", ["你好 👋", "missed"]]);
});
