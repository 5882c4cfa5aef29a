import { utf8Length } from "./text.ts";

/** The only version of the wire format so far; `connect` names it. */
export const version = 1;

/** The WebSocket subprotocol that the SDK offers (docs/wire/hub-v1.md, Carrier). */
export const subprotocol = "openline.v1";

/** The path of the hub's WebSocket, below the server's base path. */
export const path = "/hub";

/** The name in the query of the path by which a client says that it had a session before: where too many come at once, it goes first. */
export const resumeFlag = "resume";

/** What a server announces in `connected`. A client checks against these before it sends. */
export interface Limits {
  /** Most bytes of one message to the server; a larger one fails the transport with close code 1009. */
  readonly messageBytes: number;
  /** Most bytes of a room's or a user's name, in UTF-8. */
  readonly nameBytes: number;
  /** Most bytes of a publish id. */
  readonly publishIdBytes: number;
  /** Most bytes of the `data` of a `join` or `update`, as JSON text. */
  readonly memberDataBytes: number;
  /** Most rooms that one session is in at a time. */
  readonly roomsPerConnection: number;
  /** For how long a publish id is remembered. */
  readonly idempotencyWindowMs: number;
}

/** The limits of a server that was not told otherwise. */
export const defaultLimits: Limits = /* @__PURE__ */ Object.freeze({
  messageBytes: 64 * 1024,
  nameBytes: 255,
  publishIdBytes: 64,
  memberDataBytes: 1024,
  roomsPerConnection: 256,
  idempotencyWindowMs: 5 * 60 * 1000,
});

/** What the format itself bounds, whatever a server announces. */
export interface FormatLimits {
  /** Most messages that a `join` may ask to be shown again. */
  readonly rewind: number;
  /** Most messages that a `history` may ask for. */
  readonly historyMessages: number;
  /** Most visible ASCII characters of a position, a session id and a resume secret. */
  readonly opaqueChars: number;
  /** Most bytes of a token. */
  readonly tokenBytes: number;
  /** How deep arrays and objects in `data` may nest: deeper ones cannot be encoded again safely. */
  readonly dataDepth: number;
  /** Most members in one `joined` or `members`; `memberCount` tells how many there are. */
  readonly membersListed: number;
}

/** The values of {@link FormatLimits}. */
export const formatLimits: FormatLimits = /* @__PURE__ */ Object.freeze({
  rewind: 1000,
  historyMessages: 1000,
  opaqueChars: 128,
  tokenBytes: 8192,
  dataDepth: 128,
  membersListed: 1000,
});

/** True when `text` takes more than `limit` bytes in UTF-8; most texts are decided by their length alone. */
export function exceedsBytes(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && utf8Length(text) > limit;
}
