import assert from "node:assert/strict";
import { test } from "node:test";
import { ZlibContext } from "../../src/deflate/zlib-context.ts";

test("a context can be used until it is closed, but not while a job is under way", async () => {
  const context = new ZlibContext("deflate", {});
  assert.equal(context.isUsable, true);
  const done = new Promise((resolve) => {
    context.jobs.start({ input: [Buffer.alloc(100_000)], chunks: [], bytes: 0, limitBytes: 1e9, concurrencyLimit: 1, done: resolve });
  });
  assert.equal(context.isUsable, false);
  await done;
  assert.equal(context.isUsable, true);
  context.reset();
  context.close();
  assert.equal(context.isUsable, false);
  context.close();
});

test("an inflater that met a final block in the thread pool is not used again", async () => {
  const context = new ZlibContext("inflate", {});
  const input = [Buffer.from("f348cdc9c9070000", "hex"), Buffer.from("0000ffff", "hex")];
  await new Promise((resolve) => {
    context.jobs.start({ input, chunks: [], bytes: 0, limitBytes: 100, concurrencyLimit: 1, done: resolve });
  });
  assert.equal(context.isUsable, false);
  context.close();
});
