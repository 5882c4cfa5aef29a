import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { broadcast, prepare } from "../src/broadcast.ts";
import { WebSocket } from "../src/websocket.ts";
import { closed, listen, messages } from "./fixtures/pair.ts";

async function connectAll(url: string, count: number): Promise<WebSocket[]> {
  const clients = Array.from({ length: count }, () => new WebSocket(url));
  await Promise.all(clients.map((client) => once(client, "open")));
  return clients;
}

test("server.broadcast reaches every open socket once, text and binary, and tells how many", async (t) => {
  const { server, url } = await listen(t);
  const clients = await connectAll(url, 5);
  const received = Promise.all(clients.map((client) => messages(client, 3)));
  assert.equal(server.broadcast("hello 世界"), 5);
  assert.equal(server.broadcast(Buffer.from([1, 2])), 5);
  assert.equal(server.broadcast("bytes", { binary: true }), 5);
  for (const list of await received) assert.deepEqual(list, ["hello 世界", Buffer.from([1, 2]), Buffer.from("bytes")]);
  for (const client of clients) client.terminate();
});

test("except leaves sockets out; closed ones are passed over", async (t) => {
  const { server, url } = await listen(t);
  const clients = await connectAll(url, 4);
  const [first, second, third] = [...server.clients];
  assert.ok(first && second && third);
  assert.equal(broadcast(server.clients, "x", { except: first }), 3);
  assert.equal(broadcast(server.clients, "x", { except: new Set([first, second]) }), 2);
  third.close();
  assert.equal(broadcast(server.clients, "x"), 3);
  for (const client of clients) client.terminate();
});

test("the frame is built once: every socket writes the same memory (R2)", async (t) => {
  // The portable driver: its writes can be looked at.
  const { server, url } = await listen(t, { driver: "portable" });
  const clients = await connectAll(url, 3);
  const chunks: unknown[] = [];
  for (const socket of server.clients) {
    // oxlint-disable-next-line no-underscore-dangle -- the name that ws gave it
    const stream = socket._socket;
    assert.ok(stream);
    const write = stream.write.bind(stream);
    t.mock.method(stream, "write", (chunk: Buffer, ...rest: never[]) => {
      chunks.push(chunk);
      return write(chunk, ...rest);
    });
  }
  const received = Promise.all(clients.map((client) => messages(client, 1)));
  server.broadcast("x".repeat(1000));
  await received;
  assert.equal(chunks.length, 3);
  const [first] = chunks as Buffer[];
  for (const chunk of chunks as Buffer[]) {
    assert.equal(chunk.buffer, first?.buffer);
    assert.equal(chunk.byteOffset, first?.byteOffset);
  }
  for (const client of clients) client.terminate();
});

test("a prepared frame does not change with the data it was made of", async (t) => {
  const { server, url } = await listen(t);
  const [client] = await connectAll(url, 1);
  const [socket] = [...server.clients];
  assert.ok(client && socket);
  const data = Buffer.from("before");
  const frame = prepare(data);
  data.fill(0);
  const received = messages(client, 1);
  let isCalled = false;
  assert.ok(socket.sendPrepared(frame, () => (isCalled = true)));
  assert.deepEqual(await received, [Buffer.from("before")]);
  assert.ok(isCalled);
  client.terminate();
  await closed(socket);
  assert.equal(socket.sendPrepared(frame), false);
});

test("a client's prepared frame is masked like any other (RFC 6455 §5.3)", async (t) => {
  const { server, url } = await listen(t);
  const [client] = await connectAll(url, 1);
  const [socket] = [...server.clients];
  assert.ok(client && socket);
  const frame = prepare("masked");
  const received = messages(socket, 2);
  client.sendPrepared(frame);
  client.sendPrepared(frame);
  assert.deepEqual(await received, ["masked", "masked"]);
  client.terminate();
});
