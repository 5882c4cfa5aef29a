/** How much history a room keeps; whichever bound is reached first. A message beyond it counts as missed (contract 5). */
export interface Retention {
  readonly messages: number;
  readonly bytes: number;
  readonly ageMs: number;
}

/** So many messages in any stretch of `perMs`; they may come all at once. */
export interface Rate {
  readonly messages: number;
  readonly perMs: number;
}

/**
 * What becomes of a room's messages for a connection that does not keep up (contract 8):
 * - `disconnect`: it is closed with 4503; it comes back and recovers from history.
 * - `drop-oldest`: the oldest that wait for it are let go of, and `gap` says how many.
 * - `latest`: one message waits at most, the newest; `gap` says how many it replaced.
 * - `spill`: nothing waits; the hub remembers where the connection stands and reads on from history when there is room again.
 */
export type SlowPolicy = "disconnect" | "drop-oldest" | "latest" | "spill";

/** The values of {@link SlowPolicy}. */
export const slowPolicies: readonly SlowPolicy[] = Object.freeze(["disconnect", "drop-oldest", "latest", "spill"]);

/** What holds for a room. */
export interface RoomRules {
  readonly history: Retention;
  /** False: nobody is told who is there. */
  readonly presence: boolean;
  /** Most bytes of a message's `data` as JSON; larger ones are refused with `too-large`. */
  readonly messageBytes: number;
  /** How fast one session may publish; beyond, `rate-limited` says when again. `undefined`: as fast as it can. */
  readonly rate: Rate | undefined;
  readonly slow: SlowPolicy;
  /** Most bytes of the room's messages that may wait for one connection before `slow` bears on it; a single message always may. Default: what the connection may have. */
  readonly slowBytes: number;
  /** For how long a room without members stays open on a node. 0: it closes at once. */
  readonly keepEmptyMs: number;
}

/** Rules of which some are given. */
export type RuleOverrides = { readonly [K in Exclude<keyof RoomRules, "history">]?: RoomRules[K] } & {
  readonly history?: Partial<Retention>;
};

/** 1,000 messages, 8 MiB, one hour, with presence, any size and rate that the connection allows, slow readers are disconnected, empty rooms close. */
export const defaultRules: RoomRules = Object.freeze({
  history: Object.freeze({ messages: 1000, bytes: 8 * 1024 * 1024, ageMs: 60 * 60 * 1000 }),
  presence: true,
  messageBytes: Number.POSITIVE_INFINITY,
  rate: undefined,
  slow: "disconnect",
  slowBytes: Number.POSITIVE_INFINITY,
  keepEmptyMs: 0,
});
