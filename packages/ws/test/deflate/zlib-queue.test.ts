import assert from "node:assert/strict";
import { test } from "node:test";
import { ZlibQueue } from "../../src/deflate/zlib-queue.ts";

test("no more than the limit run at a time, and the others follow in order", () => {
  const queue = new ZlibQueue();
  const started: number[] = [];
  for (const job of [1, 2, 3, 4]) queue.enter(2, () => started.push(job));
  assert.deepEqual(started, [1, 2]);
  queue.leave();
  assert.deepEqual(started, [1, 2, 3]);
  queue.leave();
  queue.leave();
  queue.leave();
  assert.deepEqual(started, [1, 2, 3, 4]);
  assert.equal(queue.running, 0);
});

test("each job waits for its own limit, and nobody overtakes it", () => {
  const queue = new ZlibQueue();
  const started: string[] = [];
  queue.enter(2, () => started.push("a"));
  queue.enter(1, () => started.push("b"));
  queue.enter(2, () => started.push("c"));
  assert.deepEqual(started, ["a"]);
  queue.leave();
  assert.deepEqual(started, ["a", "b", "c"]);
});

test("a job that is given up before it starts never starts, and makes room", () => {
  const queue = new ZlibQueue();
  const started: string[] = [];
  queue.enter(1, () => started.push("a"));
  const giveUp = queue.enter(1, () => started.push("b"));
  queue.enter(1, () => started.push("c"));
  giveUp();
  queue.leave();
  assert.deepEqual(started, ["a", "c"]);
  giveUp();
  assert.equal(queue.running, 1);
});
