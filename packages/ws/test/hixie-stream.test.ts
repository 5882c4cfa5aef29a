import assert from "node:assert/strict";
import { test } from "node:test";
import { duplexPair } from "@openline/testkit";
import { HixieStream } from "../src/hixie-stream.ts";
import { WebSocket } from "../src/websocket.ts";
import { closed, textOf } from "./fixtures/pair.ts";
import { until } from "./fixtures/until.ts";

/** A transport for a socket, and the client's end of it. */
function pair(): ReturnType<typeof duplexPair> {
  const [near, far] = duplexPair();
  far.on("error", () => undefined);
  return [near, far];
}

const opening = { draft: 75, numbers: undefined, host: "a", target: "/", origin: undefined, subprotocols: [] } as const;

test("bytes of any size become the same messages, and a paused socket holds the client back", async () => {
  const [near, far] = pair();
  const socket = new WebSocket(null);
  const head = Buffer.from("\0one\xff\0tw", "latin1");
  socket.setSocket(new HixieStream(near, head, opening, { maxPayloadBytes: 1e9 }), Buffer.alloc(0));
  const seen: string[] = [];
  socket.on("message", (data) => seen.push(textOf(data)));
  for (const byte of Buffer.from("o\xff\0three\xff", "latin1")) far.write(Buffer.from([byte]));
  await until(() => seen.length === 3);
  assert.deepEqual(seen, ["one", "two", "three"]);
  socket.pause();
  const megabyte = Buffer.concat([Buffer.from([0]), Buffer.alloc(1 << 20, "x"), Buffer.from([0xff])]);
  for (let count = 0; count < 20; count++) far.write(megabyte);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(far.writableLength > 10 << 20, `${far.writableLength} bytes wait at the client`);
  socket.resume();
  await until(() => seen.length === 23);
  far.end();
  assert.deepEqual(await closed(socket), [1005, ""]);
});

test("pings of the heartbeat are answered here: the drafts have none", async () => {
  const [near, far] = pair();
  const socket = new WebSocket(null);
  socket.setSocket(new HixieStream(near, Buffer.alloc(0), opening, { maxPayloadBytes: 1000 }), Buffer.alloc(0));
  const ponged = new Promise<string>((resolve) => socket.on("pong", (data) => resolve(String(data))));
  socket.ping("p");
  assert.equal(await ponged, "p");
  assert.equal(far.read(), null);
  socket.terminate();
  await closed(socket);
});

test("text that is not UTF-8 is read as U+FFFD, and a message in fragments leaves as one frame (hixie-76 §5.3)", async () => {
  const [near, far] = pair();
  const socket = new WebSocket(null);
  socket.setSocket(new HixieStream(near, Buffer.alloc(0), opening, { maxPayloadBytes: 1000 }), Buffer.alloc(0));
  const message = new Promise<string>((resolve) => socket.on("message", (data) => resolve(textOf(data))));
  far.write(Buffer.from([0, 0x61, 0xc3, 0xff]));
  assert.equal(await message, "a\uFFFD");
  socket.send("he", { fin: false });
  socket.send("llo", { fin: true });
  await until(() => far.readableLength > 0);
  assert.equal(String(far.setEncoding("latin1").read()), "\0hello\xff");
  socket.terminate();
  await closed(socket);
});
