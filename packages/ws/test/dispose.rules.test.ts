import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { WebSocket } from "../src/websocket.ts";
import { WebSocketServer } from "../src/websocket-server.ts";
import { closed, openPair } from "./fixtures/pair.ts";

test("disposing of a socket closes it with a closing handshake and waits for the end", async (t) => {
  const { client, socket } = await openPair(t);
  const heard = closed(socket);
  await client[Symbol.asyncDispose]();
  assert.equal(client.readyState, WebSocket.CLOSED);
  assert.deepEqual(await heard, [1005, ""]);
  await client[Symbol.asyncDispose]();
});

test("disposing of a socket that is connecting gives it up without an error that nobody listens for", async (t) => {
  const server = createServer((socket) => void socket.on("error", () => undefined)).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  const client = new WebSocket(`ws://127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
  await client[Symbol.asyncDispose]();
  assert.equal(client.readyState, WebSocket.CLOSED);
  await new WebSocket(null)[Symbol.asyncDispose]();
});

test("disposing of a server closes its sockets with 1001, and waits for them and for its port", async (t) => {
  const { server, client } = await openPair(t);
  const heard = closed(client);
  await server[Symbol.asyncDispose]();
  assert.deepEqual(await heard, [1001, ""]);
  assert.equal(server.address(), null);
  await server[Symbol.asyncDispose]();
});

test("a server that tracks no clients is closed all the same", async () => {
  // oxlint-disable-next-line typescript/await-thenable -- the linter looks for the symbol in lib.esnext.disposable; ours comes with @types/node
  await using server = new WebSocketServer({ noServer: true, clientTracking: false });
  assert.equal(server.clients, undefined);
});
