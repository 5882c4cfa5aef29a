import type { Tally } from "./tally.ts";

/** What a session may want to do in a room. */
export type RoomAction = "join" | "publish" | "presence" | "history";

/** The values of {@link RoomAction}. */
export const roomActions: readonly RoomAction[] = Object.freeze(["join", "publish", "presence", "history"]);

/**
 * Rights by pattern of room names: `{ "chat:*": ["join", "publish"], "private:{user}:*": ["*"] }`. `{user}` is the user's own name, `*` among the actions all of
 * them. Rooms of the system (`$user:NAME` with `publish`: direct messages) are only meant by patterns that begin with `$`.
 */
export type RoomGrants = Readonly<Record<string, readonly (RoomAction | "*")[]>>;

/** Who is at the other end, as a token, a ticket, a cookie or the application's own word proves it. Times are milliseconds since 1970. */
export interface Identity {
  /** The user. Others see it as `user`, and direct messages are addressed to it. Missing only for the application itself. */
  readonly subject?: string;
  /** What single token proved it, for its revocation. */
  readonly tokenId?: string;
  /** When that was said. A revocation of the user ends what was said before it. */
  readonly issuedAt: number;
  /** When it ends. */
  readonly expiresAt?: number;
  /** What the token itself grants. With it, what nothing grants is denied. */
  readonly rooms?: RoomGrants;
  /** The application's own connection: it may do everything, under any name. */
  readonly isApplication?: boolean;
}

/** What a proof is worth. */
export type Proof =
  | { readonly ok: true; readonly identity: Identity }
  /** `invalid`: never good here. `expired`: was good once. `unavailable`: cannot be told now, for instance because the keys cannot be had. */
  | { readonly ok: false; readonly why: "invalid" | "expired" | "unavailable"; readonly message: string };

/** What a token is worth. Without an identity: it says nothing here, but may say something to the application, which is asked later. */
export type Authentication = Proof | { readonly ok: true; readonly identity: undefined };

/** Where a token came from. A one-time ticket is only good for `connect`. */
export interface TokenContext {
  readonly purpose: "connect" | "refresh" | "message";
  readonly remoteAddress?: string;
  /** The origin of the page that opened the connection. */
  readonly origin?: string;
}

/** Reads a token. A rejection counts as `unavailable`. */
export type Authenticate = (token: string, context: TokenContext) => Promise<Authentication>;

/** What an `authorize` function is asked. */
export interface AuthorizationRequest {
  readonly action: RoomAction;
  readonly room: string;
  readonly subject: string | undefined;
  /** The session's public id. */
  readonly session: string;
}

/** Grants or denies what no token and no rule grants. Equal questions at the same time are asked once. A rejection denies, as `internal`. */
export type Authorize = (request: AuthorizationRequest) => boolean | Promise<boolean>;

/** Who may come in and what they may do. */
export interface AccessOptions {
  /** Default: no token is read, and everybody is who they say. */
  readonly authenticate?: Authenticate;
  /** Whether somebody who proves nothing may connect. Default true. Beside `authenticate` such a one has no name. */
  readonly anonymous?: boolean;
  /** Whether each message must bring a token. Default false. */
  readonly tokenInEachMessage?: boolean;
  /** Rights that everybody has. With them, what nothing grants is denied. */
  readonly rooms?: RoomGrants;
  readonly authorize?: Authorize;
  /** How long `authorize` and `checkMessage` may take. Default 5,000. */
  readonly decisionTimeoutMs?: number;
  /**
   * Runs before anything is done with a message (`connect` and heartbeats aside), in the order of the connection's messages. A text that it returns is the reason for closing the
   * connection with 1008.
   */
  readonly checkMessage?: MessageHook;
  /** Whether revocations are followed: then a node that cannot reach its broker lets nobody in. Default false. */
  readonly revocations?: boolean;
  /** Most connections of one user, as `userTally` counts them. Default no limit. */
  readonly connectionsPerUser?: number;
  /** Where each user's connections are counted. Default: those of this node. */
  readonly userTally?: Tally;
}

/** A message as a hook sees it. */
export interface HookedMessage {
  readonly type: string;
  readonly room?: string;
  readonly token?: string;
  readonly data?: unknown;
}

/** See {@link AccessOptions.checkMessage}. */
export type MessageHook = (
  message: HookedMessage,
  source: { readonly session: string; readonly subject: string | undefined },
) => string | undefined | Promise<string | undefined>;

/** What is revoked: all that a user was granted until now, one session, or one token by its id. */
export type Revocation = { readonly user: string } | { readonly session: string } | { readonly token: string };
