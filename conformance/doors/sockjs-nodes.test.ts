import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { Client } from "@openline/client";
import { withFallback } from "@openline/client/fallback";
import { MemoryBroker } from "@openline/hub";
import { createServer, type OpenlineServer } from "@openline/server";
import { findProgram } from "@openline/testkit";
import { type Nginx, startNginx } from "../proxies/nginx.ts";

const program = findProgram("nginx");
const skip = program.path === undefined && program.reason;

const clock = {
  now: Date.now,
  setTimeout: (callback: () => void, delayMs: number): unknown => setTimeout(callback, delayMs),
  clearTimeout: (timer: unknown): void => clearTimeout(timer as NodeJS.Timeout),
};

const broker = new MemoryBroker({ clock, ids: { epoch: randomUUID, tag: randomUUID } });
let nodes: OpenlineServer[];
let sticky: Nginx;
let inTurn: Nginx;
before(async () => {
  if (skip) return;
  nodes = [0, 1].map(() =>
    createServer({
      port: 0,
      host: "127.0.0.1",
      logLevel: "silent",
      broker,
      basePath: "/wsapp/",
      allowedHosts: ["openline", "openline_sockjs"],
    }),
  );
  const servers: string[] = [];
  for (const node of nodes) servers.push(`server 127.0.0.1:${(await node.listen()).port};`);
  const passed = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
  const anywhere = `location /wsapp/ { proxy_pass http://openline; ${passed} }`;
  inTurn = await startNginx({ http: `upstream openline { ${servers.join(" ")} }`, server: anywhere });
  // The lines of docs/sockjs.md.
  sticky = await startNginx({
    http: `upstream openline { ${servers.join(" ")} }
      upstream openline_sockjs { hash $sockjs_session consistent; ${servers.join(" ")} }`,
    server: `location ~ /sockjs/[^/]+/(?<sockjs_session>[^/]+)/ { proxy_pass http://openline_sockjs; ${passed} }
      ${anywhere}`,
  });
});
after(async () => {
  await sticky?.stop();
  await inTurn?.stop();
  await Promise.all((nodes ?? []).map((node) => node.close({ graceMs: 1_000 })));
  broker.close();
});

test("two nodes behind nginx in turn: a session's next request reaches the node that does not know it, so stickiness is needed", {
  skip,
}, async () => {
  const session = `http://127.0.0.1:${inTurn.port}/wsapp/sockjs/000/a`;
  assert.equal(await (await fetch(`${session}/xhr`, { method: "POST" })).text(), "o\n");
  assert.equal((await fetch(`${session}/xhr_send`, { method: "POST", body: "[]" })).status, 404);
});

test("P: two nodes behind nginx, hashed by the session's segment: clients over HTTP are in one room, and a node that ends loses nothing", {
  skip,
}, async () => {
  const clients = Array.from(
    { length: 12 },
    () =>
      new Client(`http://127.0.0.1:${sticky.port}/wsapp/`, {
        WebSocket: withFallback({ WebSocket: false }),
        reconnect: { minDelayMs: 20, maxDelayMs: 200 },
      }),
  );
  const rooms = clients.map((client) => client.join("nodes"));
  const heard = rooms.map((room) => {
    const data: unknown[] = [];
    room.on("message", (message) => data.push(message.data));
    return data;
  });
  const until = async (look: () => boolean): Promise<void> => {
    while (!look()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await until(() => rooms.every(({ state }) => state === "joined"));
  assert.ok(
    nodes.every(({ hub }) => hub.connectionCount > 0),
    "each node has some",
  );
  for (const [index, room] of rooms.entries()) await room.publish(index);
  await until(() => heard.every(({ length }) => length === 12));
  await nodes[0]?.close({ graceMs: 1_000 });
  for (const [index, room] of rooms.entries()) await room.publish(12 + index);
  await until(() => heard.every(({ length }) => length === 24));
  const expected = Array.from({ length: 24 }, (_, index) => index);
  for (const data of heard) assert.deepEqual(data, expected);
  assert.equal(nodes[1]?.hub.connectionCount, 12);
  for (const client of clients) client.close();
});

test("P: WebSocket needs no stickiness, and goes through the same lines", { skip }, async () => {
  const clients = [0, 1].map(() => new Client(`http://127.0.0.1:${sticky.port}/wsapp/`));
  const room = clients[0]?.join("websockets");
  const received = new Promise((resolve) => clients[1]?.join("websockets", { rewind: 1 }).on("message", ({ data }) => resolve(data)));
  await room?.publish("a");
  assert.equal(await received, "a");
  for (const client of clients) client.close();
});
