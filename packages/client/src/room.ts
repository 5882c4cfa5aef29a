import type { Member } from "@openline/wire";
import type { ClientError } from "./errors.ts";
import type { PublishResult } from "./outbox.ts";

/** Where a room stands: `away` while there is no connection, `left` after `leave()`, a refusal, or being taken out. `left` is final. */
export type RoomState = "joining" | "joined" | "away" | "left";

/** A stored message, handed over once and in the room's order. */
export interface Message<T = unknown> {
  readonly data: T;
  /** Its place in the history: opaque, to be compared for equality only. */
  readonly position: string;
  /** The publish id that its publisher gave. */
  readonly id?: string;
  readonly user?: string;
  /** The publishing session's public id; a message published over HTTP has none. */
  readonly session?: string;
  /** Milliseconds since 1970, by the server's clock. */
  readonly time: number;
  /** Whether it was published before the last `joined`: missed, or shown by `rewind`. */
  readonly replayed: boolean;
}

/** A message that is not stored: who is away has missed it. */
export interface Ephemeral<T = unknown> {
  readonly data: T;
  readonly user?: string;
  readonly session?: string;
  readonly time: number;
}

/** What a join, or the join after a reconnect, has led to. */
export interface JoinedDetail {
  /** `true`: everything missed follows; `false`: reload (an `insufficient` follows); `undefined`: the first join, without a position. */
  readonly recovered: boolean | undefined;
  /** How many messages follow before the first live one. */
  readonly replay: number;
  /** Where the client stands after them. */
  readonly position: string;
  readonly memberCount: number;
}

/** What a slow connection missed. */
export interface GapDetail {
  readonly count: number;
  /** That of the last message that was left out. */
  readonly position: string;
}

/** Why the server has taken the session out. */
export interface LeftDetail {
  readonly code: string;
  readonly message: string;
}

/** A room's events and what their listeners get. `T` is the type of the stored data, as the application knows it: it is not checked. */
export interface RoomEvents<T = unknown> {
  message: [message: Message<T>];
  ephemeral: [message: Ephemeral];
  /** After each join and each change of {@link Room.members}; needs `presence`. */
  members: [members: readonly Member[]];
  "member-joined": [member: Member];
  "member-left": [member: Member];
  /** Its connection is lost; `away` is the time at which the server last saw it. */
  "member-away": [member: Member];
  /** One that was away is there again. */
  "member-back": [member: Member];
  /** It shows other `data`. */
  "member-updated": [member: Member];
  joined: [detail: JoinedDetail];
  /** Messages may be missing: what the application shows must be loaded anew. Those of `rewind`, if asked for, follow. */
  insufficient: [detail: { readonly position: string }];
  /** The connection was too slow, and the room's rules left `count` messages out. They are not sent again. */
  gap: [detail: GapDetail];
  /** The server has taken the session out of the room; after `leave()` there is no event. */
  left: [detail: LeftDetail];
  /** The join was refused (the state is `left` then), or a listener threw. Without a listener here it goes to the client's `error`. */
  error: [error: ClientError];
}

/** How to join. */
export interface JoinOptions {
  /** How many of the newest messages are shown first, 0 to 1000. Default: the client's `rewind`, 0. */
  readonly rewind?: number;
  /**
   * The position of the last message that the application has already, for instance from a page rendered by the server: exactly those after it come, and
   * `joined` says `recovered: true`; or `insufficient` comes, and the page must be loaded anew. Default: none.
   */
  readonly position?: string;
  /** Whether the members are told, and kept current. Default false. */
  readonly presence?: boolean;
  /** Shown to the other members with the session; any JSON value of at most 1 KiB. */
  readonly data?: unknown;
}

/** How to publish. */
export interface PublishOptions {
  /** 1 to 64 bytes of visible ASCII: publishing again with it within the server's window stores nothing twice. Default: a fresh one. */
  readonly id?: string;
  /** Not stored, no place in the order, dropped when there is no connection. Default false. */
  readonly ephemeral?: boolean;
}

/** Which page of a room's history is asked for: `before` or `after` a position, or neither. */
export interface HistoryOptions {
  readonly before?: string;
  readonly after?: string;
  /** 1 to 1,000. Default 50. */
  readonly limit?: number;
}

/** A page of a room's history, oldest first. */
export interface HistoryPage<T = unknown> {
  readonly messages: readonly Omit<Message<T>, "replayed">[];
  /** Nothing that is kept lies beyond it in its direction. */
  readonly complete: boolean;
}

/** Which page of a room's members is asked for: the first, or the one after `next` of an earlier one. */
export interface MembersOptions {
  readonly after?: string;
  /** 1 to 1,000 (default). */
  readonly limit?: number;
}

/** A page of a room's members. */
export interface MembersPage {
  readonly members: readonly Member[];
  /** There are more: ask for those after it. */
  readonly next?: string;
  /** Of all pages. */
  readonly memberCount: number;
}

/** One room that the client is in, or comes back to by itself after each reconnect. Made by {@link Client.join}. */
export interface Room<T = unknown> {
  readonly name: string;
  readonly state: RoomState;
  /** That of the last message handed to the application; `undefined` before the first `joined`. */
  readonly position: string | undefined;
  /** With `presence`: who is there; while away, who was. A new array after each change. Of more than 1,000 the first ones and who came since: see `loadMembers`. */
  readonly members: readonly Member[];
  /** How many are there, those that are not listed included, as far as the server has told: without `presence` that is at `joined` only. */
  readonly memberCount: number;
  /** Calls `listener` at each event `name` from now on. Returns the function that ends it. */
  on<Name extends keyof RoomEvents<T>>(name: Name, listener: (...details: RoomEvents<T>[Name]) => void): () => void;
  /** Like {@link Client.publish}, to this room. */
  publish(data: T, options?: PublishOptions & { readonly ephemeral?: false }): Promise<PublishResult>;
  publish(data: unknown, options: PublishOptions): Promise<PublishResult>;
  /** Asks the server who is there, also without `presence`, a page at a time. @throws ClientError `not-connected`, `disconnected`, or the server's code. */
  requestMembers(options?: MembersOptions): Promise<MembersPage>;
  /** Brings the members that are not listed yet into {@link Room.members}, page by page; after a reconnect it is to be called again. @throws as `requestMembers`. */
  loadMembers(): Promise<readonly Member[]>;
  /**
   * Shows other `data` to the other members, any JSON value of at most 1 KiB; `undefined` shows none. Kept over reconnects.
   * @throws ClientError `bad-data`, `not-connected`, `disconnected` (the old data hold), or the server's code: `not-joined`, `rate-limited` …
   */
  update(data: unknown): Promise<void>;
  /**
   * Reads a page of what the room keeps: the newest messages, or those right before or right after a position. The room's own messages go on meanwhile.
   * @throws ClientError `not-connected`, `disconnected`, `bad-option`, or the server's code: `unknown-position`, `not-joined` …
   */
  history(options?: HistoryOptions): Promise<HistoryPage<T>>;
  /** Leaves for good; there are no events afterwards. Resolves when the server has confirmed, at once when there is no connection. */
  leave(): Promise<void>;
}
