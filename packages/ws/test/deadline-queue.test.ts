import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, type FakeTimer } from "@openline/testkit";
import * as fc from "fast-check";
import { type Clock, DeadlineQueue } from "../src/deadline-queue.ts";

function fakeClock(): { fake: FakeClock; clock: Clock<FakeTimer> } {
  const fake = new FakeClock(0);
  return { fake, clock: { now: fake.now, setTimeout: fake.setTimeout, clearTimeout: (timer) => fake.clearTimeout(timer) } };
}

class Item {
  deadline: number;
  queueIndex = -1;
  readonly calls: number[] = [];
  constructor(deadline: number) {
    this.deadline = deadline;
  }
  due(now: number): void {
    this.calls.push(now);
    this.deadline = Number.POSITIVE_INFINITY;
  }
}

test("each item is called at its deadline, all behind one timer (R11)", () => {
  const { fake, clock } = fakeClock();
  const queue = new DeadlineQueue(clock);
  const items = [30, 10, 20].map((at) => new Item(at));
  for (const item of items) queue.update(item);
  assert.equal(fake.pending, 1);
  fake.advance(15);
  assert.deepEqual(
    items.map((item) => item.calls),
    [[], [10], []],
  );
  fake.advance(15);
  assert.deepEqual(
    items.map((item) => item.calls),
    [[30], [10], [20]],
  );
  assert.equal(queue.size, 0);
  assert.equal(fake.pending, 0);
});

test("a deadline that moved later needs no word to the queue", () => {
  const { fake, clock } = fakeClock();
  const queue = new DeadlineQueue(clock);
  const item = new Item(10);
  queue.update(item);
  item.deadline = 25;
  fake.advance(20);
  assert.deepEqual(item.calls, []);
  fake.advance(5);
  assert.deepEqual(item.calls, [25]);
});

test("a deadline that moved earlier is kept after update()", () => {
  const { fake, clock } = fakeClock();
  const queue = new DeadlineQueue(clock);
  const item = new Item(100);
  queue.update(item);
  item.deadline = 10;
  queue.update(item);
  fake.advance(10);
  assert.deepEqual(item.calls, [10]);
});

test("a removed item is not called, and nobody is left without a timer", () => {
  const { fake, clock } = fakeClock();
  const queue = new DeadlineQueue(clock);
  const [gone, stays] = [new Item(10), new Item(20)];
  queue.update(gone);
  queue.update(stays);
  queue.remove(gone);
  fake.advance(20);
  assert.deepEqual([gone.calls, stays.calls], [[], [20]]);
  queue.remove(stays);
  assert.equal(fake.pending, 0);
});

test("a throw of one leaves the others their time", () => {
  const { fake, clock } = fakeClock();
  const queue = new DeadlineQueue(clock);
  const faulty = { deadline: 10, queueIndex: -1, due: () => assert.fail("its own fault") };
  const other = new Item(10);
  queue.update(faulty);
  queue.update(other);
  assert.throws(() => fake.advance(10), /its own fault/);
  faulty.deadline = Number.POSITIVE_INFINITY;
  fake.advance(5);
  assert.equal(other.calls.length, 1);
});

test("calls come in the order of their times whatever was filed, moved and removed before", () => {
  const step = fc.record({ item: fc.nat(15), at: fc.integer({ min: 1, max: 50 }), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { fake, clock } = fakeClock();
      const queue = new DeadlineQueue(clock);
      const called: number[] = [];
      const items = Array.from({ length: 16 }, () => ({
        deadline: Number.POSITIVE_INFINITY,
        queueIndex: -1,
        due(now: number): void {
          assert.equal(now, this.deadline);
          called.push(now);
          this.deadline = Number.POSITIVE_INFINITY;
        },
      }));
      for (const { item: index, at, remove } of steps) {
        const item = items[index];
        assert.ok(item);
        item.deadline = remove ? Number.POSITIVE_INFINITY : at;
        if (remove) queue.remove(item);
        else queue.update(item);
      }
      const expected = items.map((item) => item.deadline).filter((at) => at < Number.POSITIVE_INFINITY);
      fake.advance(100);
      assert.deepEqual(
        called,
        expected.toSorted((a, b) => a - b),
      );
    }),
  );
});

test("with a rest, deadlines close behind each other share a firing; one that comes after a quiet time is met exactly (R11)", () => {
  const { fake, clock } = fakeClock();
  const queue = new DeadlineQueue(clock, 25);
  const items = [100, 101, 110, 124, 126, 500].map((at) => new Item(at));
  for (const item of items) queue.update(item);
  fake.advance(600);
  assert.deepEqual(
    items.map((item) => item.calls[0]),
    [100, 125, 125, 125, 150, 500],
  );
});
