import assert from "node:assert/strict";
import { test } from "node:test";
import { FlushQueue } from "../src/flush-queue.ts";
import { nextUncaught } from "./fixtures/uncaught.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("everything added in one turn is flushed once, after the promise jobs and nextTick callbacks of that turn", async () => {
  const queue = new FlushQueue();
  const order: string[] = [];
  queue.add({ flush: () => order.push("first") });
  process.nextTick(() => order.push("tick"));
  queueMicrotask(() => {
    order.push("promise");
    queue.add({ flush: () => order.push("second") });
  });
  await turn();
  assert.deepEqual(order.slice(0, 2).toSorted(), ["promise", "tick"]);
  assert.deepEqual(order.slice(2), ["first", "second"]);
});

test("what is added while flushing waits for the next turn", async () => {
  const queue = new FlushQueue();
  const order: string[] = [];
  queue.add({
    flush: () => {
      order.push("outer");
      queue.add({ flush: () => order.push("inner") });
    },
  });
  await turn();
  assert.deepEqual(order, ["outer"]);
  assert.equal(queue.size, 1);
  await turn();
  assert.deepEqual(order, ["outer", "inner"]);
});

test("the time is one for all of a turn in which something is added, and never an old one", async () => {
  let time = 1;
  const queue = new FlushQueue(() => time++);
  assert.deepEqual([queue.turnTime(), queue.turnTime()], [1, 2]);
  queue.add({ flush: () => undefined });
  assert.deepEqual([queue.turnTime(), queue.turnTime()], [3, 3]);
  await turn();
  assert.equal(queue.turnTime(), 4);
});

test("a throw of one does not take the others' flush away", async () => {
  const queue = new FlushQueue();
  const order: number[] = [];
  const thrown = nextUncaught();
  queue.add({ flush: () => order.push(1) });
  queue.add({
    flush: () => {
      throw new Error("the fault of a listener");
    },
  });
  queue.add({ flush: () => order.push(3) });
  assert.match(String(await thrown), /the fault of a listener/);
  await turn();
  await turn();
  assert.deepEqual(order, [1, 3]);
});
