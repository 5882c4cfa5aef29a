import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "@openline/client";
import { withFallback } from "@openline/client/fallback";
import { createServer, type OpenlineServer } from "@openline/server";
import { findProgram } from "@openline/testkit";
import { type Nginx, startNginx } from "./nginx.ts";

const program = findProgram("nginx");
const skip = program.path === undefined && program.reason;

let server: OpenlineServer;
let nginx: Nginx;

before(async () => {
  if (skip) return;
  server = createServer({ port: 0, host: "127.0.0.1", basePath: "/wsapp/", logLevel: "silent", allowedHosts: ["wsbackend"] });
  const { urls } = await server.listen();
  nginx = await startNginx({
    http: `upstream wsbackend { server ${new URL(urls[0] ?? "").host}; }`,
    // To the letter what tutorials tell people to write.
    server:
      'location /wsapp/ { proxy_pass http://wsbackend; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }',
  });
});
after(async () => {
  await nginx?.stop();
  await server?.close();
});

test("P: behind nginx with the tutorials' location block the page, the API, SockJS and the WebSocket all work under /wsapp/", {
  skip,
}, async () => {
  const base = `http://127.0.0.1:${nginx.port}/wsapp/`;
  const page = await fetch(base);
  assert.equal(page.status, 200);
  const links = [...(await page.text()).matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => match[1] ?? "");
  assert.ok(links.length > 0);
  for (const link of links) assert.equal((await fetch(new URL(link, base))).status, 200, link);

  const client = new Client(base);
  const received: unknown[] = [];
  const room = client.join("通知", { rewind: 0 });
  const both = new Promise<void>((resolve) => {
    room.on("message", ({ data }) => {
      received.push(data);
      if (received.length === 2) resolve();
    });
  });
  await room.publish("over WebSocket");
  const posted = await fetch(new URL(`api/rooms/${encodeURIComponent("通知")}/messages`, base), {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body: "over HTTP 🎉",
  });
  assert.equal(posted.status, 201);
  await both;
  assert.equal(await (await fetch(new URL("sockjs", base))).text(), "Welcome to SockJS!\n");
  const transports: string[] = [];
  const blocked = new Client(base, {
    WebSocket: withFallback({ WebSocket: false, onTransport: (transport) => transports.push(transport) }),
  });
  const heard = new Promise((resolve) => room.on("message", ({ data }) => resolve(data)));
  await blocked.join("通知").publish("over SockJS");
  assert.equal(await heard, "over SockJS");
  assert.deepEqual(transports, ["xhr-streaming"]);
  assert.deepEqual(received, ["over WebSocket", "over HTTP 🎉", "over SockJS"]);
  blocked.close();
  client.close();
});
