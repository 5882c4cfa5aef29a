import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Sender } from "../src/sender.ts";
import { openPair, textOf } from "./fixtures/pair.ts";

test("_sender is null before open and then one and the same object, so that its methods can be replaced", async (t) => {
  const { client, socket } = await openPair(t);
  for (const end of [client, socket]) {
    assert.ok(end._sender instanceof Sender);
    assert.equal(end._sender, end._sender);
  }
});

test("a list that Sender.frame built goes to many sockets unchanged, in order with send", async (t) => {
  const { socket, client } = await openPair(t);
  const list = Object.freeze(Sender.frame("built once", { readOnly: false, mask: false, rsv1: false, opcode: 1, fin: true }));
  const texts: string[] = [];
  client.on("message", (data) => texts.push(textOf(data)));
  socket.send("before");
  socket._sender?.sendFrame(list);
  await new Promise<void>((resolve) => socket._sender?.sendFrame(list, () => resolve()));
  const last = once(client, "message");
  socket.send("after");
  await last;
  assert.deepEqual(texts.slice(0, 3), ["before", "built once", "built once"]);
});

test("a client masks such a frame (RFC 6455 §5.1)", async (t) => {
  const { client, socket } = await openPair(t);
  client._sender?.sendFrame(Sender.frame("unmasked", { opcode: 1 }));
  const [data] = (await once(socket, "message")) as [Buffer];
  assert.equal(data.toString(), "unmasked");
});

test("the methods of Sender go the same way: message, ping, close", async (t) => {
  const { client, socket } = await openPair(t);
  const ping = once(client, "ping");
  socket._sender?.ping("p", false);
  assert.equal(String((await ping)[0]), "p");
  const end = once(client, "close");
  socket._sender?.close(1001, "bye", false);
  assert.deepEqual([(await end)[0], String((await end)[1])], [1001, "bye"]);
});

test("after the end the callback gets an error and nothing is thrown", async (t) => {
  const { client } = await openPair(t);
  const sender = client._sender;
  client.terminate();
  const error = await new Promise((resolve) => sender?.sendFrame([Buffer.from([0x81, 0])], resolve));
  assert.match(String(error), /not open: readyState 2/);
});
