import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { closed, messages, openPair } from "./fixtures/pair.ts";
import { until } from "./fixtures/until.ts";

async function* letters(...pieces: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  for (const piece of pieces) yield piece;
}

const sources = [
  ["an async iterable", () => letters("one ", "two ", "three")],
  ["an array", () => ["one ", "two ", "three"]],
  ["a node Readable", () => Readable.from(["one ", "two ", "three"])],
  [
    "a web ReadableStream",
    () =>
      new ReadableStream<string>({
        start(controller) {
          for (const piece of ["one ", "two ", "three"]) controller.enqueue(piece);
          controller.close();
        },
      }),
  ],
] as const;

for (const [name, source] of sources) {
  test(`${name} leaves as one text message`, async (t) => {
    const { client, socket } = await openPair(t);
    const received = messages(client, 1);
    await socket.sendStream(source());
    assert.deepEqual(await received, ["one two three"]);
  });
}

test("a source that fails before anything has left costs nothing but its own rejection", async (t) => {
  const { client, socket } = await openPair(t);
  const source = (async function* () {
    yield "never sent";
    throw new Error("disk");
  })();
  await assert.rejects(socket.sendStream(source), /disk/);
  const received = messages(client, 1);
  await socket.sendStream(["next"]);
  assert.deepEqual(await received, ["next"]);
});

test("H: a source that fails in the middle closes with 1011: what has left cannot be taken back (RFC 6455 §5.4, §7.4.1)", async (t) => {
  const { client, socket } = await openPair(t);
  const got: unknown[] = [];
  client.on("message", (data) => got.push(data));
  const end = closed(client);
  const source = (async function* () {
    yield "x".repeat(100_000);
    throw new Error("disk");
  })();
  await assert.rejects(socket.sendStream(source), /disk/);
  assert.deepEqual(await end, [1011, "the source of a message failed"]);
  assert.deepEqual(got, []);
});

test("an abort gives the message up and ends the source, also one that never yields again", async (t) => {
  const { client, socket } = await openPair(t);
  const end = closed(client);
  const abort = new AbortController();
  let isReturned = false;
  let asked = 0;
  const source: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => {
      return {
        next: async () => (asked++ === 0 ? { done: false, value: "x".repeat(70_000) } : new Promise<never>(() => undefined)),
        return: async () => {
          isReturned = true;
          return { done: true, value: undefined };
        },
      };
    },
  };
  const sending = socket.sendStream(source, { signal: abort.signal });
  await until(() => asked === 2);
  abort.abort(new Error("no longer wanted"));
  await assert.rejects(sending, /no longer wanted/);
  assert.ok(isReturned);
  assert.equal((await end)[0], 1011);
  await assert.rejects(socket.sendStream(["x"], { signal: abort.signal }), /no longer wanted/);
});

test("the end of the connection ends the message and its source; after it everything is refused without a throw", async (t) => {
  const { client, socket } = await openPair(t);
  let isEnded = false;
  const source = (async function* () {
    try {
      for (;;) {
        yield "x".repeat(70_000);
        await delay(1);
      }
    } finally {
      isEnded = true;
    }
  })();
  const sending = socket.sendStream(source);
  await delay(10);
  client.terminate();
  await assert.rejects(sending);
  await until(() => isEnded);
  await assert.rejects(socket.sendStream(["x"]), /not open/);
});
