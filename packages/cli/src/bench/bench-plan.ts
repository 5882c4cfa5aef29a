/** What is played. */
export const scenarios = ["echo", "fan-out", "idle", "handshakes", "jitter", "avalanche", "slow-readers"] as const;

export type Scenario = (typeof scenarios)[number];

/** What one run does, all drivers together. */
export interface BenchPlan {
  readonly url: string;
  readonly scenario: Scenario;
  readonly connections: number;
  readonly durationMs: number;
  /** Messages a second, all connections together; for handshakes and jitter, connections a second. Undefined: as fast as answers come. */
  readonly ratePerSecond: number | undefined;
  /** Bytes of a message. */
  readonly bytes: number;
  /** Messages that one connection may have under way, where there is no rate. */
  readonly inFlight: number;
  /** The hub's room; undefined: the server is none of ours and echoes, or sends to all. */
  readonly room: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly subprotocols: readonly string[];
  /** For the hub's `connect`. */
  readonly token: string | undefined;
  /** New connections a second while they are opened. */
  readonly openRate: number;
  readonly compression: boolean;
  /** Of `slow-readers`: the share of connections that stop to read, 0 to 1. */
  readonly slowShare: number;
  readonly insecure: boolean;
}

/** So long after the end a driver waits for what is under way. */
export const graceMs = 3_000;

/** The part of a plan that one driver plays. */
export interface DriverShare {
  /** Which driver it is, from 0. */
  readonly index: number;
  readonly of: number;
}

/** This driver's part of a number: all parts add up to it. */
export function shareOf(total: number, { index, of }: DriverShare): number {
  return Math.floor((total * (index + 1)) / of) - Math.floor((total * index) / of);
}
