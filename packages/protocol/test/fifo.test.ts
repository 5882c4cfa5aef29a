import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { clearArray, Fifo } from "../src/fifo.ts";

test("property: what goes in comes out in order, however pushes and shifts alternate", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -200, max: 200 }), { maxLength: 20 }), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      let next = 0;
      for (const step of steps) {
        for (let at = 0; at < step; at++) {
          fifo.push(next);
          model.push(next++);
        }
        for (let at = 0; at < -step; at++) assert.equal(fifo.shift(), model.shift());
        assert.equal(fifo.length, model.length);
        assert.equal(fifo.first, model[0]);
      }
      fifo.clear();
      assert.equal(fifo.length, 0);
      assert.equal(fifo.shift(), undefined);
    }),
  );
});

test("an array is emptied", () => {
  const items = [1, undefined, 3];
  clearArray(items);
  assert.deepEqual(items, []);
});
