import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { callFailed, callPassed, type WaitingCallback } from "../src/send-callbacks.ts";
import { nextUncaught } from "./fixtures/uncaught.ts";

/** One callback for each mark, and what was called. */
function waitingAt(...marks: number[]): { waiting: WaitingCallback[]; called: string[] } {
  const called: string[] = [];
  return { called, waiting: marks.map((mark) => ({ mark, callback: (error) => called.push(`${mark} ${error?.message}`) })) };
}

test("callbacks are called up to the mark that was passed, in order and not within the call; the others stay", async () => {
  for (const [passed, left] of [
    [0, [1, 2, 2, 3]],
    [1, [2, 2, 3]],
    [2, [3]],
    [3, undefined],
  ] as const) {
    const { waiting, called } = waitingAt(1, 2, 2, 3);
    const rest = callPassed(waiting, passed);
    assert.deepEqual(called, []);
    await settle();
    assert.deepEqual(
      called,
      [1, 2, 2, 3].filter((mark) => mark <= passed).map((mark) => `${mark} undefined`),
    );
    assert.deepEqual(
      rest?.map(({ mark }) => mark),
      left,
    );
  }
});

test("a callback that throws reaches the process and does not stop the next one", async () => {
  const { waiting, called } = waitingAt(2);
  const thrown = nextUncaught();
  const throws = (): void => {
    throw new Error("the callback's fault");
  };
  assert.equal(callPassed([{ mark: 1, callback: throws }, ...waiting], 2), undefined);
  assert.match((await thrown).message, /the callback's fault/);
  await settle();
  assert.deepEqual(called, ["2 undefined"]);
});

test("callbacks of what will never leave get the cause, or are told that the connection was closed", async () => {
  for (const [cause, told] of [
    [new Error("reset"), "reset"],
    [undefined, "The connection was closed before the data was written"],
  ] as const) {
    const { waiting, called } = waitingAt(1, 2);
    callFailed(waiting, cause);
    assert.deepEqual(called, []);
    await settle();
    assert.deepEqual(called, [`1 ${told}`, `2 ${told}`]);
  }
});
