import assert from "node:assert/strict";
import { test } from "node:test";
import { type Restful, RestQueue } from "../src/rest-queue.ts";

class Item implements Restful {
  asked = 0;
  isQuiet = false;
  rest(): boolean {
    this.asked++;
    return this.isQuiet;
  }
}

test("who rests is not asked again, who does not is asked in each turn", () => {
  const queue = new RestQueue();
  const [busy, quiet] = [new Item(), new Item()];
  queue.add(busy);
  queue.add(quiet);
  quiet.isQuiet = true;
  queue.sweep();
  queue.sweep();
  assert.deepEqual([busy.asked, quiet.asked, queue.size], [2, 1, 1]);
});

test("who is over is not asked, and who was added twice is asked once", () => {
  const queue = new RestQueue();
  const [over, busy] = [new Item(), new Item()];
  for (const item of [over, busy, busy]) queue.add(item);
  queue.remove(over);
  queue.sweep();
  assert.deepEqual([over.asked, busy.asked], [0, 1]);
});

test("the timer asks by itself, and is gone when all rest", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const queue = new RestQueue(100);
  const item = new Item();
  queue.add(item);
  t.mock.timers.tick(100);
  item.isQuiet = true;
  t.mock.timers.tick(100);
  t.mock.timers.tick(1000);
  assert.deepEqual([item.asked, queue.size], [2, 0]);
  queue.add(item);
  t.mock.timers.tick(100);
  assert.equal(item.asked, 3);
});
