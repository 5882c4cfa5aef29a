import assert from "node:assert/strict";
import test from "node:test";
import type { ClosingInput, ClosingState } from "../src/closing.ts";
import { CLOSING, CLOSING_INPUTS, CLOSING_STATES } from "../src/closing.ts";

/** The whole table, written again: state, then per input the next state and the actions. */
const expected: Record<ClosingState, Record<ClosingInput, string>> = {
  open: {
    close: "close-sent: send-close start-timer",
    fail: "failed: drop-queue send-close finish start-timer",
    "peer-close": "close-done: report-close send-close finish-if-server start-timer",
    fault: "failed: report-error drop-queue send-close finish start-timer",
    "peer-end": "gone: finish report-closed",
    loss: "gone: report-closed",
    terminate: "gone: abort report-closed",
    timeout: "gone: abort report-closed",
  },
  "close-sent": {
    close: "close-sent:",
    fail: "close-sent:",
    "peer-close": "close-done: report-close finish-if-server start-timer",
    fault: "failed: report-error finish start-timer",
    "peer-end": "gone: finish report-closed",
    loss: "gone: report-closed",
    terminate: "gone: abort report-closed",
    timeout: "gone: abort report-closed",
  },
  "close-done": {
    close: "close-done:",
    fail: "close-done:",
    "peer-close": "close-done:",
    fault: "close-done:",
    "peer-end": "gone: finish report-closed",
    loss: "gone: report-closed",
    terminate: "gone: abort report-closed",
    timeout: "gone: abort report-closed",
  },
  failed: {
    close: "failed:",
    fail: "failed:",
    "peer-close": "failed:",
    fault: "failed:",
    "peer-end": "gone: finish report-closed",
    loss: "gone: report-closed",
    terminate: "gone: abort report-closed",
    timeout: "gone: abort report-closed",
  },
  gone: {
    close: "gone:",
    fail: "gone:",
    "peer-close": "gone:",
    fault: "gone:",
    "peer-end": "gone:",
    loss: "gone:",
    terminate: "gone:",
    timeout: "gone:",
  },
};

for (const state of CLOSING_STATES) {
  for (const input of CLOSING_INPUTS) {
    test(`closing: ${state} and ${input} (RFC 6455 §7.1)`, () => {
      const { to, actions } = CLOSING[state][input];
      assert.equal([`${to}:`, ...actions].join(" "), expected[state][input]);
    });
  }
}

test("closing: on every way a close frame is sent at most once and the end is reported exactly once (RFC 6455 §5.5.1)", () => {
  const walk = (state: ClosingState, sent: number, closed: number, depth: number): void => {
    assert.ok(sent <= 1 && closed === (state === "gone" ? 1 : 0), `${state} ${sent} ${closed}`);
    if (depth === 0) return;
    for (const input of CLOSING_INPUTS) {
      const { to, actions } = CLOSING[state][input];
      const count = (name: string): number => actions.filter((action) => action === name).length;
      walk(to, sent + count("send-close"), closed + count("report-closed"), depth - 1);
    }
  };
  walk("open", 0, 0, 5);
});
