import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { BareRequest } from "../../src/fast-driver/bare-request.ts";
import { isBare, realStream } from "../../src/fast-driver/bare-socket.ts";
import { driverSupport } from "../../src/fast-driver/driver-for.ts";
import { WebSocket } from "../../src/websocket.ts";
import { listen } from "../fixtures/pair.ts";

await driverSupport();

/** A connection that our own port accepted without a net.Socket. */
async function bareConnection(t: TestContext): Promise<{ client: WebSocket; socket: WebSocket; request: BareRequest }> {
  const { server, url } = await listen(t, { driver: "fast" });
  const connection = once(server, "connection");
  const client = new WebSocket(url);
  t.after(() => client.terminate());
  const [[socket, request]] = (await Promise.all([connection, once(client, "open")])) as [[WebSocket, unknown], unknown];
  assert.ok(request instanceof BareRequest, "the acceptor took the request");
  return { client, socket, request };
}

test("no net.Socket is made until somebody asks; the address is known without one", async (t) => {
  const { request } = await bareConnection(t);
  assert.equal(request.bare.madeSocket, undefined);
  assert.equal(request.bare.remoteAddress, "127.0.0.1");
  assert.deepEqual([request.bare.destroyed, request.bare.readable, request.bare.writable], [false, true, true]);
  assert.equal(request.bare.madeSocket, undefined);
});

test("the net.Socket that is made then is the connection's owner: address, traffic and end are its own", async (t) => {
  const { client, socket, request } = await bareConnection(t);
  const made = request.socket;
  assert.ok(made instanceof Socket);
  assert.equal(request.bare.madeSocket, made);
  assert.equal(made.remoteAddress, "127.0.0.1");
  socket.send("still here");
  const [data] = (await once(client, "message")) as [Buffer];
  assert.equal(data.toString(), "still here");
  const ended = once(made, "close");
  client.close();
  await ended;
  assert.equal(request.bare.destroyed, true);
});

test("a bare connection that is destroyed is gone for both, and asked afterwards its socket is a destroyed one", async (t) => {
  const { client, request } = await bareConnection(t);
  client.on("error", () => undefined);
  const gone = once(client, "close");
  request.bare.destroy();
  await gone;
  assert.deepEqual([request.bare.destroyed, request.bare.writable, request.bare.remoteAddress], [true, false, undefined]);
  assert.equal(request.socket.destroyed, true);
});

test("an ordinary stream is not bare, and is its own real stream", () => {
  const socket = new Socket();
  assert.equal(isBare(socket), false);
  assert.equal(realStream(socket), socket);
});
