import assert from "node:assert/strict";
import { test } from "node:test";
import { clockMs } from "../../src/bench/message-form.ts";
import { onSchedule, pause } from "../../src/bench/schedule.ts";

test("R25: what a standstill held up is made up for, each with the time at which it was due (no coordinated omission)", async () => {
  const over = new AbortController();
  const dues: number[] = [];
  const from = clockMs();
  await onSchedule(100, over.signal, (dueMs) => {
    dues.push(dueMs - from);
    if (dues.length === 5) while (clockMs() - from < 200);
    if (dues.length === 25) over.abort();
  });
  for (const [index, due] of dues.entries()) assert.ok(Math.abs(due - index * 10) < 5, `${index} was due at ${due}`);
});

test("a pause ends with its time or with its signal", async () => {
  const over = new AbortController();
  await pause(1, over.signal);
  const waiting = pause(60_000, over.signal);
  over.abort();
  await waiting;
  await pause(60_000, over.signal);
});
