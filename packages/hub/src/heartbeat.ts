import type { Heartbeat, HeartbeatProposal } from "@openline/wire";

/** The times that a hub announces, and how far a client may move them. Milliseconds. */
export interface HeartbeatOptions {
  /** The silence before a ping, for clients that propose none. Default 25,000. */
  readonly intervalMs?: number;
  /** Further silence before a connection counts as gone. Default 10,000. */
  readonly timeoutMs?: number;
  /** The shortest interval that a client may have. Default 1,000, or `intervalMs` when that is less. */
  readonly minIntervalMs?: number;
  /** The longest interval that a client may have. Default 120,000, or `intervalMs` when that is more. */
  readonly maxIntervalMs?: number;
}

/** {@link HeartbeatOptions} with its defaults. */
export interface HeartbeatRules {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
}

/** A hidden page asks so many times less often, unless its client proposes something else. */
const hiddenFactor = 3;

/** Fills in the defaults. */
export function heartbeatRules({ intervalMs = 25_000, timeoutMs = 10_000, ...bounds }: HeartbeatOptions = {}): HeartbeatRules {
  const { minIntervalMs = Math.min(1_000, intervalMs), maxIntervalMs = Math.max(120_000, intervalMs) } = bounds;
  return { intervalMs, timeoutMs, minIntervalMs, maxIntervalMs };
}

/** What holds for a client that proposes this: the nearest times within the bounds (docs/wire/hub-v1.md, Heartbeat). */
export function negotiated(
  { intervalMs, timeoutMs, minIntervalMs, maxIntervalMs }: HeartbeatRules,
  proposal: HeartbeatProposal = {},
): Heartbeat {
  const interval = within(proposal.intervalMs ?? intervalMs, minIntervalMs, maxIntervalMs);
  const hidden = within(proposal.hiddenIntervalMs ?? hiddenFactor * interval, interval, maxIntervalMs);
  return { intervalMs: interval, timeoutMs, hiddenIntervalMs: hidden };
}

function within(ms: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, ms));
}
