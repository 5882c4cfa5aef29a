import type { MachineOptions, Profile } from "@openline/protocol";

/** How a connection is set up. */
export interface ConnectionOptions extends Omit<MachineOptions, "codec"> {
  /** No message is queued that would make it more than this, unless nothing is queued at all. */
  readonly maxQueueBytes: number;
  /** What happens instead. Default `terminate`. */
  readonly queuePolicy?: Profile["queuePolicy"] | undefined;
  /** Emit at most one message, ping or pong for each turn of the event loop. */
  readonly oneEventPerTurn: boolean;
  readonly closeTimeoutMs: number;
}

const byHeartbeat = new WeakMap<ConnectionOptions, Map<string, ConnectionOptions>>();

/** The same options with another heartbeat; one object for all connections that have it. */
export function withHeartbeat(options: ConnectionOptions, heartbeat: NonNullable<ConnectionOptions["heartbeat"]>): ConnectionOptions {
  const others = byHeartbeat.get(options) ?? new Map<string, ConnectionOptions>();
  byHeartbeat.set(options, others);
  const key = `${heartbeat.intervalMs} ${heartbeat.timeoutMs}`;
  const found = others.get(key) ?? { ...options, heartbeat };
  // From there the way leads back to the same few, not to others of its own.
  byHeartbeat.set(found, others);
  // A peer may choose the times: what it can make us keep is bounded.
  if (others.size < 1_000) others.set(key, found);
  return found;
}

/**
 * When the first ping of a connection that opens `now` is due: up to a sixteenth early, so that the heartbeats of many connections stay together. To wake up for
 * each costs more than the ping.
 */
export function firstBeat(now: number, intervalMs: number): number {
  const grid = intervalMs / 16;
  return Math.floor((now + intervalMs) / grid) * grid;
}
