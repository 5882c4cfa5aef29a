import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { TurnQueue } from "../src/turn-queue.ts";

test("one is in at a time, in the order in which they came, and after the last one the place is free", async () => {
  const turns = new TurnQueue();
  const log: string[] = [];
  const work = async (name: string): Promise<void> => {
    await turns.enter();
    log.push(`${name} in`);
    await settle();
    log.push(`${name} out`);
    turns.leave();
  };
  await Promise.all([work("a"), work("b"), work("c")]);
  await work("d");
  assert.deepEqual(log, ["a in", "a out", "b in", "b out", "c in", "c out", "d in", "d out"]);
});
