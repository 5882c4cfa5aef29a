import assert from "node:assert/strict";
import { test } from "node:test";
import { patience } from "./patience.ts";

test("a process that stands still reads what has come before its patience is over", async () => {
  const order: string[] = [];
  const { over } = patience(250);
  const waited = over.then(() => order.push("over"));
  setTimeout(() => setImmediate(() => order.push("read")), 10);
  for (const until = performance.now() + 400; performance.now() < until; );
  await waited;
  assert.deepEqual(order, ["read", "over"]);
});

test("a wait that is given up is never over", async () => {
  const { over, end } = patience(20);
  end();
  const first = await Promise.race([over.then(() => "over"), new Promise((resolve) => setTimeout(() => resolve("later"), 100))]);
  assert.equal(first, "later");
});
