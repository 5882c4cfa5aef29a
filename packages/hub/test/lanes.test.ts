import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { Lanes } from "../src/lanes.ts";

const fail = (error: unknown): never => assert.fail(String(error));

test("contract 3: tasks of one key run one after another in their order; keys do not wait for each other", async () => {
  const done: string[] = [];
  const lanes = new Lanes(fail);
  let release = (): void => {};
  lanes.add("a", () => new Promise<void>((resolve) => (release = resolve)));
  lanes.add("a", () => void done.push("a2"));
  lanes.add("b", () => void done.push("b1"));
  await settle();
  assert.deepEqual(done, ["b1"]);
  release();
  await settle();
  assert.deepEqual(done, ["b1", "a2"]);
  assert.equal(lanes.size, 0);
});

test("a task never runs within the call that brings it: nothing overtakes what is being delivered", async () => {
  let ran = false;
  const lanes = new Lanes(fail);
  lanes.add("a", () => void (ran = true));
  assert.equal(ran, false);
  await settle();
  assert.equal(ran, true);
});

test("a task that fails is told of and does not stop the others", async () => {
  const faults: unknown[] = [];
  const done: number[] = [];
  const lanes = new Lanes((error) => faults.push(error));
  lanes.add("a", () => Promise.reject(new Error("one")));
  lanes.add("a", () => {
    throw new Error("two");
  });
  lanes.add("a", () => void done.push(3));
  await settle();
  assert.deepEqual([faults.length, done], [2, [3]]);
});

test("order holds for more tasks than are let go of at a time", async () => {
  const done: number[] = [];
  const lanes = new Lanes(fail);
  for (let index = 0; index < 1_000; index++) lanes.add("a", () => void done.push(index));
  await settle();
  assert.deepEqual(
    done,
    Array.from({ length: 1_000 }, (_, index) => index),
  );
});

test("run tells what the task gave or threw, and the queue goes on", async () => {
  const lanes = new Lanes(fail);
  const results = await Promise.allSettled([
    lanes.run("a", () => 1),
    lanes.run("a", () => Promise.reject(new Error("no"))),
    lanes.run("a", () => 3),
  ]);
  assert.deepEqual(
    results.map((result) => (result.status === "fulfilled" ? result.value : (result.reason as Error).message)),
    [1, "no", 3],
  );
});
