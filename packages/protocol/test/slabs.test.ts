import assert from "node:assert/strict";
import test from "node:test";
import { Slabs } from "../src/slabs.ts";
import { platform } from "./node-platform.ts";

test("a slab is used again from its start once everything in it was given back", () => {
  const slabs = new Slabs(platform, 100);
  const slab = slabs.withRoom(60);
  slab.used = slab.outstanding = 60;
  assert.equal(slabs.withRoom(40), slab);
  slabs.release(slab, 30);
  assert.equal(slab.used, 60);
  slabs.release(slab, 30);
  assert.equal(slab.used, 0);
  assert.equal(slabs.withRoom(100), slab);
});

test("a full slab makes way for another, and comes back when it is free", () => {
  const slabs = new Slabs(platform, 100);
  const first = slabs.withRoom(100);
  first.used = first.outstanding = 100;
  const second = slabs.withRoom(1);
  assert.notEqual(second, first);
  second.used = second.outstanding = 100;
  slabs.release(first, 100);
  assert.equal(slabs.withRoom(50), first);
});

test("a turn that fills a mebibyte finds the slabs of the turn before again, and no more than that is kept", () => {
  let made = 0;
  const alloc = (size: number): Uint8Array => {
    made++;
    return platform.alloc(size);
  };
  const slabs = new Slabs({ ...platform, alloc });
  const turn = (count: number): void => {
    const taken = Array.from({ length: count }, () => {
      const slab = slabs.withRoom(slabs.slabBytes);
      slab.used = slab.outstanding = slabs.slabBytes;
      return slab;
    });
    for (const slab of taken) slabs.release(slab, slabs.slabBytes);
  };
  turn(16);
  turn(16);
  assert.equal(made, 16);
  turn(40);
  turn(40);
  assert.equal(made, 40 + 40 - 17);
});
