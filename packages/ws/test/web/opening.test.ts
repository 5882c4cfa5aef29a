import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { CloseEvent } from "../../src/web/close-event.ts";
import { setEnvironment } from "../../src/web/environment.ts";
import { WebSocket } from "../../src/web/websocket.ts";
import { listen } from "../fixtures/pair.ts";
import { until } from "../fixtures/until.ts";

/** A server that takes connections and says nothing until told. */
async function silent(t: TestContext): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on("error", () => undefined))).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

test("there is one pending connection to an address, under whatever name; the next begins when it has failed (RFC 6455 §4.1)", async (t) => {
  const { port, sockets } = await silent(t);
  const clients = ["127.0.0.1", "localhost", "127.1"].map((host) => new WebSocket(`ws://${host}:${port}/`));
  t.after(() => clients.forEach((client) => client.close()));
  for (let number = 1; number <= 3; number++) {
    await until(() => sockets.length === number);
    // Any other one would have connected by now: connections to this machine take no time.
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(sockets.length, number);
    sockets[number - 1]?.destroy();
  }
});

test("the next connection begins when the first is established (RFC 6455 §4.1)", async (t) => {
  const { server, url } = await listen(t);
  let pending = 0;
  let most = 0;
  server.options.verifyClient = (_info, answer: (verified: boolean) => void) => {
    most = Math.max(most, ++pending);
    setTimeout(() => {
      pending--;
      answer(true);
    }, 5);
  };
  const clients = Array.from({ length: 5 }, () => new WebSocket(url));
  await Promise.all(clients.map(async (client) => once(client, "open")));
  assert.equal(most, 1);
  for (const client of clients) client.close();
});

test("one that is closed while it waits for its turn never connects, and those behind it do (WebSockets Standard §3.1)", async (t) => {
  const { port, sockets } = await silent(t);
  const [first, second, third] = Array.from({ length: 3 }, () => new WebSocket(`ws://127.0.0.1:${port}/`));
  t.after(() => third?.close());
  await until(() => sockets.length === 1);
  second?.close();
  await once(second!, "close");
  sockets[0]?.destroy();
  await once(first!, "close");
  await until(() => sockets.length === 2);
  assert.equal(third?.readyState, 0);
});

test("a blocked port fails without being tried: error, then close with 1006 (Fetch Standard §2.9)", async () => {
  const client = new WebSocket("ws://127.0.0.1:6667/");
  await once(client, "error");
  const [event] = (await once(client, "close")) as [CloseEvent];
  assert.deepEqual([event.code, event.wasClean], [1006, false]);
});

test("through a proxy, where addresses are not known, each name is a host of its own and at most eight are pending (RFC 6455 §4.1)", async (t) => {
  const { port, sockets } = await silent(t);
  // The proxy: it knows where the names lead.
  const createConnection = (): Socket => connect(port, "127.0.0.1");
  setEnvironment({ client: { createConnection } });
  const clients = Array.from({ length: 30 }, (_, index) => new WebSocket(`ws://host-${index % 15}.example/`));
  setEnvironment({});
  t.after(() => clients.forEach((client) => client.close()));
  for (const seen of [8, 9, 10]) {
    await until(() => sockets.length === seen);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(sockets.length, seen);
    sockets[seen - 8]?.destroy();
  }
});
