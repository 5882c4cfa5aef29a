import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { test } from "node:test";
import { duplexPair } from "../src/duplex-pair.ts";

test("each end reads what the other one wrote, in order, and the end after it", async () => {
  const [left, right] = duplexPair();
  left.write("one ");
  left.end("two");
  assert.equal(await textOf(right), "one two");
  right.end("back");
  assert.equal(await textOf(left), "back");
});

async function textOf(end: Duplex): Promise<string> {
  let text = "";
  end.on("data", (chunk: Buffer) => {
    text += String(chunk);
  });
  await once(end, "end");
  return text;
}

test("pieces have the length that was asked for", async () => {
  const [left, right] = duplexPair({ pieceBytes: () => 1 });
  const pieces: number[] = [];
  right.on("data", (chunk: Buffer) => pieces.push(chunk.length));
  left.end("abc");
  await once(right, "end");
  assert.deepEqual(pieces, [1, 1, 1]);
});

test("a reader that pauses holds the writer back, and loses nothing when it goes on", async () => {
  const [left, right] = duplexPair();
  const chunk = Buffer.alloc(64 * 1024);
  let written = 0;
  while (left.write(chunk)) written += chunk.length;
  left.write(chunk, () => assert.ok(right.readableFlowing, "the kernel of a pair is its reader: nothing is taken while it pauses"));
  let received = 0;
  right.on("data", (data: Buffer) => {
    received += data.length;
  });
  left.end();
  await once(right, "end");
  assert.ok(received >= written + chunk.length);
});

test("destroying one end resets the other", async () => {
  const [left, right] = duplexPair();
  right.resume();
  left.destroy();
  const [error] = await once(right, "error");
  assert.equal((error as NodeJS.ErrnoException).code, "ECONNRESET");
});

test("`written` counts writes: what is corked is one", async () => {
  const [left, right] = duplexPair();
  right.resume();
  left.cork();
  left.write("a");
  left.write("b");
  left.uncork();
  left.end();
  await once(right, "end");
  assert.deepEqual(
    left.written.map((chunk) => Buffer.from(chunk).toString()),
    ["ab"],
  );
});
