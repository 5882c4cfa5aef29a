import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "@openline/client";
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

test("P: behind nginx with the tutorials' location block the page, the API and the WebSocket all work under /wsapp/", {
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
  assert.deepEqual(received, ["over WebSocket", "over HTTP 🎉"]);
  client.close();
});
