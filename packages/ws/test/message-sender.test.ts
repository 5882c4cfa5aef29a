import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { messages, openPair } from "./fixtures/pair.ts";
import { until } from "./fixtures/until.ts";

async function* letters(...pieces: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  for (const piece of pieces) yield piece;
}

test("the first piece decides between text and binary, the option before it; an empty source is an empty message", async (t) => {
  const { client, socket } = await openPair(t);
  const received = messages(client, 5);
  await socket.sendStream([Buffer.from("b")]);
  await socket.sendStream(["b"], { binary: true });
  await socket.sendStream([Buffer.from("心").subarray(0, 1), Buffer.from("心").subarray(1)], { binary: false });
  await socket.sendStream([]);
  await socket.sendStream([], { binary: false });
  assert.deepEqual(await received, [Buffer.from("b"), Buffer.from("b"), "心", Buffer.alloc(0), ""]);
});

test("fragments leave by size: one for each flushBytes that are together (RFC 6455 §5.4)", async (t) => {
  const { client, socket } = await openPair(t, {}, {});
  client.binaryType = "fragments";
  const received = once(client, "message");
  await socket.sendStream(
    Array.from({ length: 10 }, () => Buffer.alloc(30)),
    { flushBytes: 100, flushMs: 60_000 },
  );
  const [fragments] = (await received) as [Buffer[]];
  assert.deepEqual(
    fragments.map(({ length }) => length),
    [120, 120, 60],
  );
});

test("and by time: a piece waits no longer than flushMs for the next one", async (t) => {
  const { client, socket } = await openPair(t);
  const seen: string[] = [];
  let goOn = (): void => undefined;
  const reading = (async () => {
    for await (const message of client.messageStreams()) {
      for await (const piece of message) seen.push(String(piece));
      return;
    }
  })();
  const sending = socket.sendStream(
    (async function* () {
      yield "a";
      yield "b";
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      yield "c";
    })(),
    { flushMs: 5 },
  );
  await until(() => seen.length === 1);
  goOn();
  await sending;
  await reading;
  assert.deepEqual(seen, ["ab", "c"]);
});

test("other messages leave behind the streamed one, streamed ones wait for each other, pings pass (RFC 6455 §5.4)", async (t) => {
  const { client, socket } = await openPair(t);
  const log: string[] = [];
  client.on("message", (data) => log.push(String(data))).on("ping", () => log.push("ping"));
  let goOn: (() => void) | undefined;
  const first = socket.sendStream(
    (async function* () {
      yield "x".repeat(70_000);
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      yield "end";
    })(),
  );
  const second = socket.sendStream(letters("second"));
  await until(() => goOn !== undefined);
  socket.send("behind");
  socket.ping();
  await until(() => log.includes("ping"));
  goOn?.();
  await Promise.all([first, second]);
  await until(() => log.length === 4);
  assert.deepEqual(
    log.map((line) => line.slice(-6)),
    ["ping", "xxxend", "behind", "second"],
  );
});

test("the source is read as fast as the peer reads: a stalled one costs no more than the mark and one fragment (R3)", async (t) => {
  const { client, socket } = await openPair(t, { highWaterBytes: 100_000 });
  client.pause();
  let asked = 0;
  let most = 0;
  const sending = socket.sendStream(
    (function* () {
      for (; asked < 400; asked++) {
        most = Math.max(most, socket.bufferedAmount);
        yield Buffer.alloc(65_536);
      }
    })(),
  );
  await delay(150);
  const stalledAt = asked;
  assert.ok(stalledAt < 400, "26 MB do not fit the kernel's buffers");
  const received = once(client, "message");
  client.resume();
  await sending;
  const [data] = (await received) as [Buffer];
  assert.equal(data.length, 400 * 65_536);
  assert.ok(most < 100_000 + 2 * 65_600, `${most} bytes were queued`);
});

test("bytes that are no UTF-8 in a text message are refused before they leave (RFC 6455 §8.1)", async (t) => {
  const { client, socket } = await openPair(t);
  await assert.rejects(socket.sendStream([Buffer.from([0xff])], { binary: false }), TypeError);
  const received = messages(client, 1);
  socket.send("still open");
  assert.deepEqual(await received, ["still open"]);
});

test("a message that is open by send(…, { fin: false }) is named, and goes on (RFC 6455 §5.4)", async (t) => {
  const { client, socket } = await openPair(t);
  const received = messages(client, 1);
  socket.send("one ", { fin: false });
  await assert.rejects(socket.sendStream(["x".repeat(70_000)]), { code: "USAGE_MESSAGE_OPEN" });
  await assert.rejects(
    socket.sendStream(
      (async function* () {
        yield "x";
        await delay(20);
        yield "y";
      })(),
      { flushMs: 1 },
    ),
    { code: "USAGE_MESSAGE_OPEN" },
  );
  socket.send("two");
  assert.deepEqual(await received, ["one two"]);
});

test("what is no source and options that cannot be are refused", async (t) => {
  const { socket } = await openPair(t);
  // @ts-expect-error -- a number is no source
  await assert.rejects(socket.sendStream(5), TypeError);
  await assert.rejects(socket.sendStream(["x"], { flushBytes: 0 }), /flushBytes is 0/);
  await socket.sendStream(["x"]);
});
