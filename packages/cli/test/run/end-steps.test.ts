import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { endInSteps, stepsMs } from "../../src/run/end-steps.ts";

function ending(closeMs: number, isLeft: (step: string) => boolean): { clock: FakeClock; done: [string, number][] } {
  const clock = new FakeClock(0);
  const done: [string, number][] = [];
  const add = (what: string): void => void done.push([what, clock.now()]);
  endInSteps(
    {
      closeInput: () => add("EOF"),
      signal: (name) => {
        add(name);
        return isLeft(name);
      },
      over: () => add("over"),
    },
    closeMs,
    clock,
  );
  return { clock, done };
}

test("end of input at once, SIGINT after 100 ms, SIGTERM 250 ms later, SIGKILL 500 ms later", () => {
  const { clock, done } = ending(0, () => true);
  clock.advance(5000);
  assert.deepEqual(done, [
    ["EOF", 0],
    ["SIGINT", 100],
    ["SIGTERM", 350],
    ["SIGKILL", 850],
    ["over", 850],
  ]);
  assert.equal(stepsMs(0), 850);
});

test("--closems is added to each of the three waits", () => {
  const { clock, done } = ending(300, () => true);
  clock.advance(5000);
  assert.deepEqual(
    done.map(([, at]) => at),
    [0, 400, 950, 1750, 1750],
  );
  assert.equal(stepsMs(300), 1750);
});

test("when nothing is left the steps stop", () => {
  const { clock, done } = ending(0, (name) => name === "SIGINT");
  clock.advance(5000);
  assert.deepEqual(
    done.map(([what]) => what),
    ["EOF", "SIGINT", "SIGTERM", "over"],
  );
  assert.equal(clock.pending, 0);
});
