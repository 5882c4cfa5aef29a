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
