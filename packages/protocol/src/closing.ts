/**
 * The states of a connection that stands (RFC 6455 §7.1):
 * `open`; `close-sent`: our close frame is queued, the peer's is awaited; `close-done`: close frames go both ways, the transport is
 * still there; `failed`: the peer broke the protocol, or the caller gave it up, nothing of it is read any more; `gone`: over.
 */
export const CLOSING_STATES = ["open", "close-sent", "close-done", "failed", "gone"] as const;
export type ClosingState = (typeof CLOSING_STATES)[number];

/**
 * What can happen to it. `fail`: the caller gives the connection up, and what waits with it; `fault`: the peer broke the protocol; `timeout`: the peer
 * did not answer in time, to a heartbeat or to our close frame.
 */
export const CLOSING_INPUTS = ["close", "fail", "peer-close", "fault", "peer-end", "loss", "terminate", "timeout"] as const;
export type ClosingInput = (typeof CLOSING_INPUTS)[number];

/** What the machine does then, in this order. */
export type ClosingAction =
  /** Queue our close frame behind the messages that wait; nothing may follow it (RFC 6455 §5.5.1). */
  | "send-close"
  /** Drop the messages that wait for a codec or for room, so that the close frame goes out at once (RFC 6455 §7.1.7). */
  | "drop-queue"
  | "report-close"
  | "report-error"
  /** The rest must be over within closeTimeoutMs. */
  | "start-timer"
  /** End our side of the transport once our close frame is written. */
  | "finish"
  /** The server ends the transport first, the client waits for it (RFC 6455 §7.1.1). */
  | "finish-if-server"
  | "abort"
  | "report-closed";

export interface ClosingStep {
  readonly to: ClosingState;
  readonly actions: readonly ClosingAction[];
}

const OVER = {
  "peer-end": { to: "gone", actions: ["finish", "report-closed"] },
  loss: { to: "gone", actions: ["report-closed"] },
  terminate: { to: "gone", actions: ["abort", "report-closed"] },
  timeout: { to: "gone", actions: ["abort", "report-closed"] },
} as const;

function stay(to: ClosingState): ClosingStep {
  return { to, actions: [] };
}

/** The closing handshake: for each state and input the next state and what is done (RFC 6455 §5.5.1, §7.1). */
export const CLOSING: Readonly<Record<ClosingState, Readonly<Record<ClosingInput, ClosingStep>>>> = Object.freeze({
  open: {
    ...OVER,
    close: { to: "close-sent", actions: ["send-close", "start-timer"] },
    fail: { to: "failed", actions: ["drop-queue", "send-close", "finish", "start-timer"] },
    "peer-close": { to: "close-done", actions: ["report-close", "send-close", "finish-if-server", "start-timer"] },
    fault: { to: "failed", actions: ["report-error", "drop-queue", "send-close", "finish", "start-timer"] },
  },
  "close-sent": {
    ...OVER,
    close: stay("close-sent"),
    fail: stay("close-sent"),
    "peer-close": { to: "close-done", actions: ["report-close", "finish-if-server", "start-timer"] },
    // Our close frame has gone out already: a second one would be data after it.
    fault: { to: "failed", actions: ["report-error", "finish", "start-timer"] },
  },
  "close-done": {
    ...OVER,
    close: stay("close-done"),
    fail: stay("close-done"),
    "peer-close": stay("close-done"),
    fault: stay("close-done"),
  },
  failed: { ...OVER, close: stay("failed"), fail: stay("failed"), "peer-close": stay("failed"), fault: stay("failed") },
  gone: {
    close: stay("gone"),
    fail: stay("gone"),
    "peer-close": stay("gone"),
    fault: stay("gone"),
    "peer-end": stay("gone"),
    loss: stay("gone"),
    terminate: stay("gone"),
    timeout: stay("gone"),
  },
});
