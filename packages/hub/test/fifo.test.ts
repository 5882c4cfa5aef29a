import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Fifo } from "../src/fifo.ts";

test("what goes in comes out in order, whatever is looked at or let go of between", () => {
  const step = fc.constantFrom("push", "push", "shift", "first", "keep", "clear");
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const fifo = new Fifo<number>();
      let plain: number[] = [];
      let next = 0;
      for (const action of steps) {
        if (action === "push") {
          plain.push(next);
          fifo.push(next++);
        } else if (action === "shift") assert.equal(fifo.shift(), plain.shift());
        else if (action === "first") assert.equal(fifo.first, plain[0]);
        else if (action === "keep") {
          fifo.keep((item) => item % 3 > 0);
          plain = plain.filter((item) => item % 3 > 0);
        } else if (next % 50 === 0) {
          fifo.clear();
          plain = [];
        }
        assert.equal(fifo.size, plain.length);
      }
    }),
  );
});

test("what was taken out is let go of, though the queue may never run empty", () => {
  const fifo = new Fifo<number>();
  for (let index = 0; index < 10_000; index++) {
    fifo.push(index);
    if (index > 10) assert.equal(fifo.shift(), index - 11);
  }
  assert.equal(fifo.size, 11);
});
