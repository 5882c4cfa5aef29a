import assert from "node:assert/strict";
import { test } from "node:test";
import { BlobQueue, sizeOf } from "../src/blob-queue.ts";

interface Log {
  readonly queue: BlobQueue;
  readonly entries: string[];
  readonly done: Promise<void>;
}

function logged(): Log {
  const entries: string[] = [];
  let end = (): void => undefined;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { queue: new BlobQueue(() => end()), entries, done };
}

function add({ queue, entries }: Log, content: string | Blob, go?: () => void): void {
  queue.add({
    content,
    go: (ready) => {
      entries.push(Buffer.from(ready).toString());
      go?.();
    },
    fail: (error) => entries.push(`failed: ${error.message}`),
  });
}

test("what stands behind a Blob waits for it, in order", async () => {
  const log = logged();
  for (const content of [new Blob(["one"]), "two", new Blob(["three"]), "four"]) add(log, content);
  assert.deepEqual(log.entries, []);
  assert.equal(log.queue.bytes, 15);
  await log.done;
  assert.deepEqual(log.entries, ["one", "two", "three", "four"]);
  assert.equal(log.queue.bytes, 0);
});

test("a Blob that cannot be read, or a call that throws, fails alone", async () => {
  const log = logged();
  const broken = new Blob(["broken"]);
  broken.arrayBuffer = async () => Promise.reject(new Error("gone"));
  add(log, broken);
  add(log, "next", () => {
    throw new Error("thrown");
  });
  add(log, "last");
  await log.done;
  assert.deepEqual(log.entries, ["failed: gone", "next", "failed: thrown", "last"]);
  assert.equal(log.queue.bytes, 0);
});

test("a size is the bytes in the frames", () => {
  assert.deepEqual([sizeOf("é"), sizeOf(new Uint8Array(3)), sizeOf(new Blob(["12345"]))], [2, 3, 5]);
});
