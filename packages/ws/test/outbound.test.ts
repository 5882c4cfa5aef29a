import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { prepare } from "../src/broadcast.ts";
import { Sender } from "../src/sender.ts";
import { WebSocket } from "../src/websocket.ts";
import { closed, messages, openPair } from "./fixtures/pair.ts";

test("a Blob is one binary message, and everything sent behind it arrives behind it", async (t) => {
  const { client, socket } = await openPair(t);
  const heard: string[] = [];
  socket.on("ping", (data) => heard.push(`ping ${data.toString()}`));
  const all = messages(socket, 5);
  client.send(new Blob(["blob"]));
  client.send("text");
  client.ping("between");
  client.send(new File(["file"], "name"), { binary: false });
  client.sendPrepared(prepare("prepared"));
  client._sender?.sendFrame(Sender.frame("frame", { opcode: 1 }));
  assert.ok(client.bufferedAmount > 0);
  assert.deepEqual(await all, [Buffer.from("blob"), "text", "file", "prepared", "frame"]);
  assert.deepEqual(heard, ["ping between"]);
});

test("close() behind a Blob: CLOSING at once, the Blob arrives, then the close frame (RFC 6455 §7.1.2)", async (t) => {
  const { client, socket } = await openPair(t);
  const all = messages(socket, 1);
  const end = closed(socket);
  client.send(new Blob(["last words"]));
  client.close(1001, "done");
  assert.equal(client.readyState, WebSocket.CLOSING);
  const refused = await new Promise((resolve) => client.send("late", resolve));
  assert.match(String(refused), /readyState 2/);
  assert.deepEqual(await all, [Buffer.from("last words")]);
  assert.deepEqual(await end, [1001, "done"]);
});

test("a socket that ends while a Blob is read: the callback gets an error", async (t) => {
  const { client } = await openPair(t);
  const outcome = new Promise<unknown>((resolve) => client.send(new Blob(["x"]), resolve));
  client.terminate();
  assert.match(String(await outcome), /closed while the blob was being read/);
});

test("a Blob that cannot be read ends the connection with its error", async (t) => {
  const { client } = await openPair(t);
  const blob = new Blob(["x"]);
  blob.arrayBuffer = async () => Promise.reject(new Error("gone"));
  const errors: unknown[] = [];
  client.on("error", (error) => errors.push(error.message));
  const outcome = new Promise<unknown>((resolve) => client.send(blob, resolve));
  await closed(client);
  assert.equal(String(await outcome), "Error: gone");
  assert.deepEqual(errors, ["gone"]);
});

test("a ping may be a Blob; 125 bytes are the most, and are counted before it is read (RFC 6455 §5.5)", async (t) => {
  const { client, socket } = await openPair(t);
  client.ping(new Blob(["from a blob"]));
  assert.equal(String((await once(socket, "ping"))[0]), "from a blob");
  assert.throws(() => client.ping(new Blob(["a".repeat(126)])), RangeError);
  assert.throws(() => client.pong("a".repeat(126)), { name: "RangeError", code: "USAGE_CONTROL_PAYLOAD" });
});

test("a fragment that is a Blob keeps its place in the message (RFC 6455 §5.4)", async (t) => {
  const { client, socket } = await openPair(t);
  const all = messages(socket, 2);
  client.send("one ", { fin: false });
  client.send(new Blob(["two "]), { fin: false });
  client.send("three");
  client.send("next");
  assert.deepEqual(await all, ["one two three", "next"]);
});

test("falsy data is an empty binary message, numbers are text, as in ws", async (t) => {
  const { client, socket } = await openPair(t);
  const all = messages(socket, 4);
  for (const data of [null, false, 0, ""]) client.send(data as string);
  assert.deepEqual(await all, [Buffer.alloc(0), Buffer.alloc(0), "0", ""]);
});
