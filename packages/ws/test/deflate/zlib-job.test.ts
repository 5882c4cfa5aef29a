import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeflateRaw, createInflateRaw, deflateRawSync } from "node:zlib";
import { type JobResult, joined, ZlibJobs } from "../../src/deflate/zlib-job.ts";
import { zlibQueue } from "../../src/deflate/zlib-queue.ts";

const run = async (jobs: ZlibJobs, input: readonly Uint8Array[], limitBytes = 1e9): Promise<JobResult> =>
  new Promise((done) => jobs.start({ input, chunks: [], bytes: 0, limitBytes, concurrencyLimit: 2, done }));

test("one job after the other, each with its own output", async (t) => {
  const stream = createDeflateRaw();
  t.after(() => stream.close());
  const jobs = new ZlibJobs(stream);
  const results = [await run(jobs, [Buffer.from("Hello")]), await run(jobs, [Buffer.from("Hello")])];
  const hex = results.map((result) => ("why" in result ? result.why : Buffer.from(joined(result.chunks, result.bytes)).toString("hex")));
  assert.deepEqual(hex, ["f248cdc9c907000000ffff", "f2001100000000ffff"]);
});

const wrong: readonly [rule: string, hex: string, limit: number, result: JobResult][] = [
  ["wrong data", "ffffff", 100, { why: "data", detail: "invalid block type" }],
  ["more than the limit", "f248cdc9c90700", 4, { why: "limit", detail: "more than 4 bytes" }],
  [
    "blocks behind a final one, which the stream would leave out",
    "f348cdc9c90700f248cdc9c90700",
    100,
    { why: "data", detail: "blocks behind the final one" },
  ],
];

for (const [rule, hex, limit, result] of wrong) {
  test(`${rule} is a fault, and the queue is free again`, async (t) => {
    const stream = createInflateRaw();
    t.after(() => stream.close());
    assert.deepEqual(await run(new ZlibJobs(stream), [Buffer.from(hex, "hex"), Buffer.from("0000ffff", "hex")], limit), result);
    assert.equal(zlibQueue.running, 0);
  });
}

test("output there was before counts", async (t) => {
  const stream = createInflateRaw();
  t.after(() => stream.close());
  const jobs = new ZlibJobs(stream);
  const before = [Buffer.from("before ")];
  const result = await new Promise<JobResult>((done) => {
    const input = [deflateRawSync("after", { finishFlush: 2 })];
    jobs.start({ input, chunks: before, bytes: 7, limitBytes: 12, concurrencyLimit: 1, done });
  });
  assert.ok(!("why" in result));
  assert.equal(Buffer.from(joined(result.chunks, result.bytes)).toString(), "before after");
});

test("a job that is cancelled is never done, running or waiting, and the queue is free again", async () => {
  const streams = [createDeflateRaw(), createDeflateRaw(), createDeflateRaw()];
  const all = streams.map((stream) => new ZlibJobs(stream));
  for (const jobs of all) {
    const done = (): never => assert.fail("done");
    jobs.start({ input: [Buffer.alloc(1 << 20)], chunks: [], bytes: 0, limitBytes: 1e9, concurrencyLimit: 2, done });
  }
  assert.equal(zlibQueue.running, 2);
  for (const [index, jobs] of all.entries()) {
    jobs.cancel();
    streams[index]?.close();
  }
  assert.equal(zlibQueue.running, 0);
  const stream = createDeflateRaw();
  assert.ok(!("why" in (await run(new ZlibJobs(stream), [Buffer.alloc(1 << 20)]))));
  stream.close();
});

test("a single chunk is handed on as it is", () => {
  const chunk = Buffer.from("a");
  assert.equal(joined([chunk], 1), chunk);
  assert.equal(Buffer.from(joined([chunk, Buffer.from("b")], 2)).toString(), "ab");
  assert.equal(joined([], 0).length, 0);
});
