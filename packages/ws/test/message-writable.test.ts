import assert from "node:assert/strict";
import { once } from "node:events";
import { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { test } from "node:test";
import { closed, messages, openPair } from "./fixtures/pair.ts";

test("what is written leaves as one message when the writable ends", async (t) => {
  const { client, socket } = await openPair(t);
  const received = messages(client, 2);
  const text = socket.createMessageStream();
  text.write("心");
  text.write("e9", "hex");
  text.destroy();
  const good = socket.createMessageStream();
  good.write("one ");
  good.end("two");
  await finished(good);
  await pipeline(Readable.from([Buffer.from("a"), Buffer.from("b")]), socket.createMessageStream());
  assert.deepEqual(await received, ["one two", Buffer.from("ab")]);
});

test("write answers false while the peer does not read, and drain comes when it does (R3)", async (t) => {
  const { client, socket } = await openPair(t, { highWaterBytes: 65_536 });
  client.pause();
  const writable = socket.createMessageStream({ flushBytes: 16_384 });
  let written = 0;
  for (let room = true; written < 64_000_000; written += 65_536) {
    room = writable.write(Buffer.alloc(65_536));
    if (room) continue;
    const turn = await Promise.race([once(writable, "drain").then(() => true), new Promise((resolve) => setTimeout(resolve, 100, false))]);
    if (turn === false) break;
  }
  assert.ok(written < 64_000_000);
  assert.ok(socket.bufferedAmount < 300_000);
  const received = once(client, "message");
  client.resume();
  writable.end();
  await finished(writable);
  const [data] = (await received) as [Buffer];
  assert.equal(data.length, written + 65_536);
});

test("H: destroying it in the middle closes the connection with 1011; at the beginning it costs nothing (RFC 6455 §7.4.1)", async (t) => {
  const { client, socket } = await openPair(t);
  const early = socket.createMessageStream();
  early.write("x");
  await new Promise((resolve) => setImmediate(resolve));
  early.destroy();
  const late = socket.createMessageStream();
  const end = closed(client);
  late.write("x".repeat(70_000), () => late.destroy());
  assert.equal((await end)[0], 1011);
});

test("the end of the connection destroys it with an error", async (t) => {
  const { client, socket } = await openPair(t);
  const writable = socket.createMessageStream();
  writable.write("x");
  const failed = once(writable, "error");
  client.terminate();
  const [error] = (await failed) as [Error];
  assert.ok(error instanceof Error);
});
