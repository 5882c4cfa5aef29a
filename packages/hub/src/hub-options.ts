import type { ErrorCode, HistoryMessage, Limits, Member } from "@openline/wire";
import type { AccessOptions, Identity, Revocation } from "./access/identity.ts";
import type { HubActivity } from "./activity.ts";
import type { Broker } from "./broker.ts";
import type { Clock } from "./clock.ts";
import type { Counters } from "./counters.ts";
import type { HubGuard } from "./guard.ts";
import type { HeartbeatOptions } from "./heartbeat.ts";
import type { IdSource } from "./id-source.ts";
import type { RulesByPattern } from "./rule-book.ts";
import type { Rate, RuleOverrides, SlowPolicy } from "./rules.ts";

/** How a {@link Hub} is made. Only `clock` and `ids` are needed. */
export interface HubOptions {
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Default: a `MemoryBroker` of the hub's own, closed with it. A broker that is given stays its owner's. */
  readonly broker?: Broker;
  /** Most rooms that the hub's own broker keeps; see {@link MemoryBrokerOptions.maxRooms}. Default 100,000. */
  readonly maxRooms?: number;
  /** Default: {@link defaultRules} for every room. */
  readonly rules?: RuleOverrides;
  /** Rules by pattern of room names: `{ "chat:*": { slow: "spill" } }`. See {@link RoomPattern} for the patterns, README.md for their order. Default: none. */
  readonly roomRules?: RulesByPattern;
  readonly limits?: Partial<Limits>;
  /** How long a session outlives its connection. Default 60,000. */
  readonly sessionTtlMs?: number;
  /** How long a resumed session may take to join its rooms again without a trace. Default 5,000. */
  readonly rejoinGraceMs?: number;
  /** How long a member may be without a connection before the others are told `member-away`. Default 5,000. */
  readonly awayGraceMs?: number;
  /** Up to so many members of a room on this node, each join and leave is told at once; with more they are gathered. Default 20. */
  readonly presenceAtOnce?: number;
  /** For how long joins, leaves and other changes of members are gathered; 0: never. Default 1,000. */
  readonly presenceBatchMs?: number;
  /** How long a connection may take to send `connect`. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Most bytes that wait in the hub for one slow connection; beyond, it is closed with 4503. Default 1 MiB. */
  readonly outboundBytes?: number;
  /** Most bytes of requests of one connection that wait for the broker; beyond, requests are refused with `rate-limited`. Default 1 MiB. */
  readonly pendingBytes?: number;
  /** Most bytes of a room's live messages that wait while the node heals, or while a join reads; beyond, the history is read again. Default 4 MiB. */
  readonly heldBytes?: number;
  /** How often each room's position is held against the broker's: after half to one and a half times this. Default 30,000. */
  readonly positionCheckMs?: number;
  /** A number from 0 up to 1, for jitter. Default `Math.random`. */
  readonly random?: () => number;
  /** Told to clients in `connected`, who may propose other intervals within the bounds. Default: every 25,000 ms, 10,000 ms to answer, proposals from 1,000 to 120,000 ms. */
  readonly heartbeat?: HeartbeatOptions;
  /** Who may come in, and what they may do. Default: everybody, everything. */
  readonly access?: AccessOptions;
  /** How fast one session may send requests of any kind; beyond, they are refused with `rate-limited`. Default: as fast as it can. */
  readonly messageRate?: Rate;
  /** Is asked before a client connects, joins, publishes, sends or leaves. Default: everyone may do everything. */
  readonly guard?: HubGuard;
  /** Hears what sessions did, after it was done; what it throws is written to `log`. Default: nobody. */
  readonly observe?: (activity: HubActivity) => void;
  /** This process's name, told to clients. Default "n1". */
  readonly node?: string;
  /** Hears what the hub does and what went wrong in it. Default: nobody. */
  readonly log?: (event: HubEvent) => void;
}

/** What is known of a connection before it says anything. */
export interface ConnectionInfo {
  readonly remoteAddress?: string;
  /** The authenticated user. A session belongs to its subject; publish ids are scoped by it. */
  readonly subject?: string;
  /** What the opening of the connection proved. Its subject takes the place of `subject`. */
  readonly identity?: Identity;
  /** The origin of the page that opened it. */
  readonly origin?: string;
  /** It only reads: its session is nobody's presence, cannot be resumed and ends with the connection. Default false. */
  readonly isReader?: boolean;
}

/** A message that the application publishes, not a session. */
export interface HubPublication {
  /** Any JSON value. */
  readonly data: unknown;
  /** Makes it safe to publish again: 1 to 64 visible ASCII characters. */
  readonly id?: string;
  /** The name shown as its author. */
  readonly user?: string;
  /** Whose ids these are; default: one scope for all that name none. */
  readonly subject?: string;
  readonly ephemeral?: boolean;
}

/** How a publish ended. `sent`: it was ephemeral. `unknown`: publish again with the same id. */
export type PublishOutcome =
  | { readonly outcome: "stored" | "duplicate"; readonly position: string }
  | { readonly outcome: "sent" }
  | { readonly outcome: "rejected"; readonly code: ErrorCode; readonly message: string }
  | { readonly outcome: "unknown" };

/** A page of a room's history, oldest first. */
export interface HistoryPart {
  readonly messages: readonly HistoryMessage[];
  /** Nothing kept lies beyond the page in its direction. */
  readonly complete: boolean;
}

/** Which page of a room's history: before a position, after one, or the newest; at most `limit` messages (1 to 1,000, default 50). */
export interface HistoryQuery {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** Who is in a room, on all nodes: a page of them by the ids of their sessions, and how many there are. */
export interface Presence {
  readonly members: readonly Member[];
  /** There are more: ask for those after it. */
  readonly next?: string;
  readonly memberCount: number;
}

/** Which page of the members: those after `next` of an earlier one, at most `limit` (1 to 1,000, the default). */
export interface PresenceQuery {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** How the application puts a session into a room. */
export interface PutOptions {
  /** How many of the newest messages its client is shown first, 0 (default) to 1,000. */
  readonly rewind?: number;
  /** Whether its client is told who comes and goes. Default false. */
  readonly presence?: boolean;
  /** What the other members see: any JSON value of at most `limits.memberDataBytes`. */
  readonly data?: unknown;
}

/** What a client is told that is taken out of a room. */
export interface LeaveReason {
  /** Default "removed". */
  readonly code?: string;
  readonly message?: string;
}

/** A user who is connected, and with how many sessions. */
export interface UserSummary {
  readonly user: string;
  readonly sessions: number;
}

/** A room that has members or retained messages. */
export interface RoomSummary {
  readonly room: string;
  readonly members: number;
  readonly messages: number;
  readonly position: string;
}

/** Numbers of one hub: gauges, and counters since it began. */
export interface HubStats extends Readonly<Counters> {
  readonly connections: number;
  readonly sessions: number;
  /** Rooms that this node follows. */
  readonly rooms: number;
  /** Bytes that wait in the hub for slow connections. */
  readonly queuedBytes: number;
  /** Members that read from history what they were too slow for (`spill`). */
  readonly spilled: number;
}

/** Why a recovery was refused. */
export type Discontinuity = "unreadable" | "epoch" | "expired" | "rewritten";

export type HubEvent =
  | { readonly type: "session-started" | "session-resumed"; readonly session: string }
  | { readonly type: "session-ended"; readonly session: string; readonly reason: SessionEnd }
  | { readonly type: "connection-opened"; readonly connection: string; readonly transport: string; readonly remoteAddress?: string }
  | {
      readonly type: "connection-closed";
      readonly connection: string;
      readonly session?: string;
      readonly by: ClosedBy;
      readonly code: number;
      /** Never empty. */
      readonly reason: string;
    }
  | { readonly type: "recovery-refused"; readonly room: string; readonly session: string; readonly why: Discontinuity }
  /** Of all members here, or of one session that was too slow. */
  | { readonly type: "insufficient"; readonly room: string; readonly position: string; readonly session?: string }
  /** A room's policy began to bear on a connection that does not keep up. */
  | { readonly type: "slow-reader"; readonly room: string; readonly session: string; readonly policy: SlowPolicy }
  /** Somebody was not let in, or was closed for what a message brought. `reason` shows no secret. */
  | {
      readonly type: "access-refused";
      readonly connection: string;
      readonly code: ErrorCode;
      readonly reason: string;
      readonly remoteAddress?: string;
    }
  | { readonly type: "revoked"; readonly revocation: Revocation }
  /** The broker was silent for 5 s: every connection was closed, and nobody is let in before it answers. */
  | { readonly type: "cut-off"; readonly connections: number }
  | { readonly type: "fault"; readonly error: unknown };

/** Who ended a connection: its client by a closing handshake, the hub, or nobody in order. */
export type ClosedBy = "client" | "hub" | "transport";

/** Why a session ended. */
export type SessionEnd = "closed" | "expired" | "shutdown" | "revoked";
