import assert from "node:assert/strict";
import { test } from "node:test";
import { epochStart, type Position, type StoredMessage } from "@openline/hub";
import { Chain } from "../../src/signed/chain.ts";

const at = (offset: number): Position => ({ epoch: "e", offset, tag: `t${offset}` });
const message = (offset: number, previous: StoredMessage["previous"]): StoredMessage => ({
  position: at(offset),
  previous,
  content: "",
  bytes: 0,
  time: 0,
});

test("who comes after refused messages names the last genuine one as its predecessor", () => {
  const chain = new Chain();
  assert.deepEqual(chain.link(message(2, at(1))).previous, at(1));
  chain.refuse(message(3, at(2)));
  chain.refuse(message(4, at(3)));
  assert.deepEqual(chain.link(message(5, at(4))).previous, at(2));
  assert.deepEqual(chain.link(message(6, at(5))).previous, at(5));
});

test("a room whose newest message was refused stands at the one before, or at the start of its epoch", () => {
  const chain = new Chain();
  assert.deepEqual(chain.top(at(3)), at(3));
  chain.refuse(message(4, at(3)));
  assert.deepEqual([chain.top(at(4)), chain.top(at(3))], [at(3), at(3)]);
  const first = new Chain();
  first.refuse(message(1, null));
  assert.deepEqual([first.top(at(1)), first.link(message(2, at(1))).previous], [epochStart("e"), null]);
});

test("where the engine knows no predecessor nothing is made up", () => {
  const chain = new Chain();
  chain.refuse(message(4, undefined));
  assert.deepEqual([chain.top(at(4)), chain.link(message(5, undefined)).previous], [at(4), undefined]);
});
