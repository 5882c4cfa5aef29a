import type { ErrorCode } from "./error-table.ts";
import type { Limits } from "./limits.ts";

/** Any value that JSON can hold. What was parsed is one; what is to be encoded must be one. */
export type Json = unknown;

/** A session as its owner knows it. `resume` is a secret: it proves that the session is one's own. */
export interface SessionCredentials {
  readonly id: string;
  readonly resume: string;
}

/** A session's membership of a room, as others see it. `since` is in milliseconds since 1970. */
export interface Member {
  readonly session: string;
  readonly user?: string;
  readonly data?: Json;
  readonly since: number;
  /** The connection is lost, since then: milliseconds since 1970. */
  readonly away?: number;
}

/** Comes first and once; answered by {@link Connected}. */
export interface Connect {
  readonly type: "connect";
  readonly ref: number;
  readonly version: number;
  readonly session?: SessionCredentials;
  readonly user?: string;
  readonly token?: string;
  readonly heartbeat?: HeartbeatProposal;
}

/** The intervals that a client would like; the server answers with those that hold. Milliseconds. */
export interface HeartbeatProposal {
  readonly intervalMs?: number;
  /** While nobody sees the page. */
  readonly hiddenIntervalMs?: number;
}

/** Brings a new token for the same user before the old one expires; answered by {@link Refreshed}. */
export interface Refresh {
  readonly type: "refresh";
  readonly ref: number;
  readonly token: string;
}

/** Enters a room, or comes back to it with the position where the client stands; answered by {@link Joined}. */
export interface Join {
  readonly type: "join";
  readonly ref: number;
  readonly room: string;
  readonly position?: string;
  /** How many of the newest messages a newcomer is shown: 0 (default) to 1000. */
  readonly rewind?: number;
  /** Asks for the members, and for {@link Presence} from then on. */
  readonly presence?: boolean;
  /** Shown to the other members. */
  readonly data?: Json;
}

export interface Leave {
  readonly type: "leave";
  readonly ref: number;
  readonly room: string;
}

/** Answered by {@link Published}. With `id` it is safe to repeat. */
export interface Publish {
  readonly type: "publish";
  readonly ref: number;
  readonly room: string;
  readonly data: Json;
  readonly id?: string;
  readonly ephemeral?: boolean;
}

/** Changes what the other members see of the session; without `data` they see none any more. Answered by {@link Updated}. */
export interface Update {
  readonly type: "update";
  readonly ref: number;
  readonly room: string;
  readonly data?: Json;
}

/** Asks for a page of the members: the first, or those after the `next` of an earlier one; answered by {@link MembersAnswer}. */
export interface MembersRequest {
  readonly type: "members";
  readonly ref: number;
  readonly room: string;
  readonly after?: string;
  /** 1 to 1000 (default). */
  readonly limit?: number;
}

/** Asks for a page of what the room keeps: before a position, after one, or the newest; answered by {@link HistoryAnswer}. */
export interface HistoryRequest {
  readonly type: "history";
  readonly ref: number;
  readonly room: string;
  readonly before?: string;
  readonly after?: string;
  /** 1 to 1000; default 50. */
  readonly limit?: number;
}

/** A message to every connection of a user; answered by {@link Sent}. */
export interface Send {
  readonly type: "send";
  readonly ref: number;
  readonly user: string;
  readonly data: Json;
}

/** Asks the application's handler `name`; answered by {@link AppResponse}. */
export interface AppRequest {
  readonly type: "request";
  readonly ref: number;
  readonly name: string;
  readonly data: Json;
}

export interface Ping {
  readonly type: "ping";
  readonly ref?: number;
}

export interface Pong {
  readonly type: "pong";
  readonly ref?: number;
}

/** Whatever a client may say. Any message may carry a token: a server can ask for one in each (docs/wire/hub-v1.md, Tokens). */
export type ClientMessage = (
  | Connect
  | Refresh
  | Join
  | Leave
  | Publish
  | Update
  | MembersRequest
  | HistoryRequest
  | Send
  | AppRequest
  | Ping
  | Pong
) & { readonly token?: string };

/** The times that hold for a connection, in milliseconds (docs/wire/hub-v1.md, Heartbeat). */
export interface Heartbeat {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** In place of `intervalMs` while nobody sees the page; without it the client chooses. */
  readonly hiddenIntervalMs?: number;
}

export interface Connected {
  readonly type: "connected";
  readonly ref: number;
  readonly version: number;
  readonly session: SessionCredentials;
  readonly resumed: boolean;
  readonly user?: string;
  /** After how many milliseconds the token expires, and with it the connection. */
  readonly expiresInMs?: number;
  readonly heartbeat: Heartbeat;
  readonly sessionTtlMs: number;
  readonly limits: Limits;
  readonly node: string;
  readonly time: number;
}

/** The new token holds. `expiresInMs` as in {@link Connected}. */
export interface Refreshed {
  readonly type: "refreshed";
  readonly ref: number;
  readonly expiresInMs?: number;
}

/** `replay` messages follow. `recovered` is there when the join had a position. Without `ref`: the server has put the session into the room. */
export interface Joined {
  readonly type: "joined";
  readonly ref?: number;
  readonly room: string;
  readonly position: string;
  readonly replay: number;
  readonly recovered?: boolean;
  readonly members?: readonly Member[];
  /** There are more members: ask for those after it. */
  readonly next?: string;
  readonly memberCount: number;
}

/** With `ref`: the answer to `leave`. Without: the server took the session out, `code` and `message` say why. */
export interface Left {
  readonly type: "left";
  readonly ref?: number;
  readonly room: string;
  readonly code?: string;
  readonly message?: string;
}

/** `position` is missing for an ephemeral message. */
export interface Published {
  readonly type: "published";
  readonly ref: number;
  readonly room: string;
  readonly position?: string;
  readonly duplicate?: boolean;
}

export interface MembersAnswer {
  readonly type: "members";
  readonly ref: number;
  readonly room: string;
  readonly members: readonly Member[];
  /** There are more: ask for those after it. */
  readonly next?: string;
  readonly memberCount: number;
}

/** The session's member data are changed. */
export interface Updated {
  readonly type: "updated";
  readonly ref: number;
  readonly room: string;
}

/** A stored message. `previous` is `null` for the first of an epoch and missing where the store cannot tell. */
export interface RoomMessage {
  readonly type: "message";
  readonly room: string;
  readonly position: string;
  readonly previous?: string | null;
  readonly data: Json;
  readonly id?: string;
  readonly user?: string;
  readonly session?: string;
  readonly time: number;
}

/** A message of a {@link HistoryAnswer}. */
export type HistoryMessage = Omit<RoomMessage, "type" | "room">;

/** `complete`: nothing kept lies beyond the page in its direction. Oldest first. */
export interface HistoryAnswer {
  readonly type: "history";
  readonly ref: number;
  readonly room: string;
  readonly messages: readonly HistoryMessage[];
  readonly complete: boolean;
}

export interface EphemeralMessage {
  readonly type: "ephemeral";
  readonly room: string;
  readonly data: Json;
  readonly user?: string;
  readonly session?: string;
  readonly time: number;
}

/** `delivered`: how many connected sessions of the user it went to. */
export interface Sent {
  readonly type: "sent";
  readonly ref: number;
  readonly delivered: number;
}

/** A message to this user. `user` and `session` are the sender's; missing when the application sent it. */
export interface Direct {
  readonly type: "direct";
  readonly data: Json;
  readonly user?: string;
  readonly session?: string;
  readonly time: number;
}

/** What the application's handler gave. */
export interface AppResponse {
  readonly type: "response";
  readonly ref: number;
  readonly data: Json;
}

/** Who left. */
export interface Departed {
  readonly session: string;
  readonly user?: string;
}

/**
 * What changed among the members since the last time: who came, who left, and who is another than before, by new data, or because the connection is
 * lost (`away`) or there again. `memberCount` is that after it.
 */
export interface Presence {
  readonly type: "presence";
  readonly room: string;
  readonly joined?: readonly Member[];
  readonly left?: readonly Departed[];
  readonly changed?: readonly Member[];
  readonly memberCount: number;
}

/** Continuity of a joined room is lost: the client stands at `position` now, and must reload. */
export interface Insufficient {
  readonly type: "insufficient";
  readonly room: string;
  readonly position: string;
}

/** The client was too slow: `count` messages were left out by the room's rules, and it stands at `position` now. */
export interface Gap {
  readonly type: "gap";
  readonly room: string;
  readonly count: number;
  readonly position: string;
}

export interface ErrorMessage {
  readonly type: "error";
  readonly ref?: number;
  /** One of {@link ErrorCode}; a newer server may know more. */
  readonly code: ErrorCode | (string & {});
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** Whatever a server may say. */
export type ServerMessage =
  | Connected
  | Refreshed
  | Joined
  | Left
  | Published
  | MembersAnswer
  | HistoryAnswer
  | RoomMessage
  | EphemeralMessage
  | Updated
  | Presence
  | Sent
  | Direct
  | AppResponse
  | Insufficient
  | Gap
  | ErrorMessage
  | Ping
  | Pong;

/** Why a text is no message. `code` is the error to answer with; `ref` is there when it could be read. */
export interface WireFault {
  readonly code: "bad-json" | "bad-message" | "unknown-type" | "bad-name";
  readonly message: string;
  readonly ref?: number;
}

/** What a parse gives: the message, or the fault. */
export type Parsed<M> = { readonly ok: true; readonly message: M } | { readonly ok: false; readonly error: WireFault };
