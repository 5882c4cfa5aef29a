import type { Member } from "@openline/wire";
import type { Position } from "./position.ts";
import type { Retention } from "./rules.ts";

/** A message as an engine keeps it. Never changed after it was stored. */
export interface StoredMessage {
  readonly position: Position;
  /** The position of the message before it; `null` for the first of an epoch; `undefined` where the engine cannot tell. */
  readonly previous: Position | null | undefined;
  /** Where `previous` is unknown: a position that this engine gave before, and after which nothing was stored until this message. */
  readonly after?: Position;
  /** Fields of the wire message that do not depend on the position, as JSON text without braces: `"data":…,"id":…`. Engines do not look into it. */
  readonly content: string;
  /** Bytes of `content` in UTF-8. */
  readonly bytes: number;
  /** Milliseconds since 1970, by the clock of the node that published. */
  readonly time: number;
}

/** A message that is not stored. `session` published it and does not get it back. */
export interface Signal {
  readonly content: string;
  readonly time: number;
  readonly session?: string;
}

/** What makes a repeated publish the same one (contract 3). */
export interface Idempotency {
  /** Subject and publish id in one. */
  readonly key: string;
  /** Equal for equal data. */
  readonly fingerprint: string;
  readonly windowMs: number;
}

export interface Publication {
  readonly content: string;
  readonly bytes: number;
  readonly time: number;
  /** What the engine must keep at least. */
  readonly retention: Retention;
  readonly idempotency?: Idempotency;
}

/** How a publish ended. `unknown`: the engine did not answer in its time; the message may be stored or not. */
export type BrokerOutcome =
  | { readonly outcome: "stored" | "duplicate"; readonly position: Position }
  | { readonly outcome: "conflict" }
  | { readonly outcome: "unknown" };

/**
 * Which part of a room's history to read. At or above an offset: all up to the top, or with `limit` the oldest of them (an engine may give more).
 * Or the newest: of all, or with `before` of those below that offset; `{ newest: 0 }` is the question for the top alone.
 */
export type ReadFrom = { readonly offset: number; readonly limit?: number } | { readonly newest: number; readonly before?: number };

/** What a read gives: the messages asked for as far as they are kept, oldest first. */
export interface Page {
  readonly messages: readonly StoredMessage[];
  /** The offset of the oldest message kept in the room, or of the top when none is. */
  readonly floor: number;
  /** Where the room stands: its newest message, kept or not, or the start of its epoch. */
  readonly top: Position;
}

/** A node's ear at a room. Called in the order of the room; never throws. */
export interface Subscriber {
  message(message: StoredMessage): void;
  signal(signal: Signal): void;
  /** A session of another node entered. */
  entered(member: Member): void;
  /** A session of another node left, or its node did. */
  exited(session: string): void;
  /** The engine may have dropped something, was away and is back, or starts a new epoch: read again. */
  insufficient(): void;
}

/** What a node holds while it has members in a room. */
export interface Subscription {
  /** Where the room stood when the subscription began: every later message comes to the subscriber. */
  readonly top: Position;
  /** The members that other nodes brought. */
  readonly members: readonly Member[];
  /** Tells the other nodes of a member of this one. */
  enter(member: Member): void;
  exit(session: string): void;
  /** Ends it and takes this node's members out. */
  close(): void;
}

/** A room that an engine keeps. */
export interface BrokerRoom {
  readonly room: string;
  readonly top: Position;
  readonly messages: number;
}

/**
 * What carries rooms between nodes and keeps their history. The contract is ARCHITECTURE's "The hub's contract"; here is what a hub relies on:
 *
 * - Calls of `publish` for one room take effect in the order in which one node made them.
 * - Every subscriber of a room sees the stored messages in one order, each once; where the engine cannot promise that, it calls `insufficient`.
 * - A promise is answered within the engine's own deadline. A rejected `publish` counts as `unknown`, any other rejection as a fault.
 */
export interface Broker {
  publish(room: string, publication: Publication): Promise<BrokerOutcome>;
  /** Passes an ephemeral message on to all subscribers; no promise of order or arrival. */
  signal(room: string, signal: Signal): void;
  read(room: string, from: ReadFrom): Promise<Page>;
  subscribe(room: string, subscriber: Subscriber): Promise<Subscription>;
  /**
   * Starts a new epoch if the room is still in `epoch`: a node saw that its history is not the one it knew. Positions from before prove nothing
   * from then on. Every subscriber's `insufficient` is called.
   */
  rotate(room: string, epoch: string): Promise<void>;
  rooms(): Promise<readonly BrokerRoom[]>;
  close(): void;
}

/** A store that bounds its rooms is full: nothing was done. The hub answers with `room-limit`. */
export class RoomLimitError extends Error {
  override readonly name = "RoomLimitError";
  readonly room: string;
  readonly limit: number;

  constructor(room: string, limit: number) {
    super(`the server keeps ${limit} rooms and may not keep more: ${JSON.stringify(room)} would be one too many`);
    this.room = room;
    this.limit = limit;
  }
}
