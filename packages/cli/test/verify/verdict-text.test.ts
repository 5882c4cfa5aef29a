import assert from "node:assert/strict";
import { test } from "node:test";
import { checkHistory, type Observation } from "@openline/hub/testing";
import { progressLine, verdictJson, verdictText } from "../../src/verify/verdict-text.ts";
import type { VerificationResult } from "../../src/verify/verification.ts";
import { readVerifySettings } from "../../src/verify/verify-settings.ts";
import { quietTerminal } from "./quiet-terminal.ts";

const settings = readVerifySettings({ url: ["ws://localhost:8000"], seed: "9", broker: "redis://r" }, {});

function resultOf(positions: readonly [string, string | null][], more: Partial<VerificationResult> = {}): VerificationResult {
  const about = { client: "c1", room: "r" };
  const joined: Observation = { at: 0, ...about, type: "joined", position: "e0", replay: 0 };
  const messages = positions.map(
    ([position, previous], at): Observation => ({ at, ...about, type: "message", position, previous, token: position }),
  );
  const observations = [joined, ...messages];
  return { observations, verdict: checkHistory(observations), isCalm: true, faults: [], ...more };
}

const right = resultOf([
  ["e1", null],
  ["e2", "e1"],
]);
const wrong = resultOf([
  ["e1", null],
  ["e3", "e2"],
]);

test("a verdict says what held, what was tried, and what was not", () => {
  const text = verdictText(settings, right, quietTerminal());
  assert.match(text, /^The contract held\. No message was lost/);
  assert.match(text, /Few messages were stored/);
  assert.match(text, /Nothing was done to the broker: --broker-fault/);
  assert.ok(!text.includes("\u001b"));
  assert.match(
    verdictText(settings, { ...right, faults: ["cut", "cut", "hang"] }, quietTerminal()),
    /CLIENT KILL\) × 2; Redis hangs for 6 s \(DEBUG SLEEP\) × 1/,
  );
  assert.match(verdictText(settings, { ...right, isCalm: false }, quietTerminal()), /Not everyone was back and up to date/);
});

test("a violation comes with its meaning, its context and the seed", () => {
  const text = verdictText(settings, wrong, quietTerminal());
  assert.match(text, /^The contract was violated\.\n/);
  assert.match(
    text,
    /1 violations: loss × 1\. The first one:\n\nloss: a message was left out, and the client was told nothing\n {2}c1 in r: e3 came after e1, but follows e2\n/,
  );
  assert.match(text, /Seed 9\. The same again: openline verify --url ws:\/\/localhost:8000\/hub --seed 9/);
});

test("as JSON it is one line with the same in it", () => {
  const text = verdictJson(settings, wrong);
  assert.equal(text.indexOf("\n"), text.length - 1);
  const verdict = JSON.parse(text) as { held: boolean; violationCount: number; violations: Record<string, unknown>[] };
  assert.deepEqual([verdict.held, verdict.violationCount], [false, 1]);
  const [first] = verdict.violations;
  assert.deepEqual(
    [first?.["kind"], first?.["client"], first?.["meaning"]],
    ["loss", "c1", "a message was left out, and the client was told nothing"],
  );
});

test("progress is one line with the time that is left to see", () => {
  const progress = { elapsedMs: 4_200, phase: "running", acknowledged: 1_234, delivered: 5, disconnects: 6 } as const;
  assert.equal(progressLine(progress, settings), "4 of 10 s   1,234 stored   5 delivered   6 connections lost");
  assert.match(progressLine({ ...progress, phase: "settling" }, settings), /^settling {3}/);
});
