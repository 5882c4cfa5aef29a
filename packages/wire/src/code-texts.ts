import { type Reconnect, shouldReconnect } from "./close-table.ts";
import type { ErrorCode } from "./error-table.ts";

/** What each error code means, as docs/wire/hub-v1.md prints it. Apart from the table, so that a client in a page does not carry them. */
export const errorTexts: Readonly<Record<ErrorCode, string>> = Object.freeze({
  "bad-json": "the message is not JSON",
  "bad-message": "not an object, a field is missing or has a wrong value; `message` names the field, the value and the limit",
  "unknown-type": "`type` is not in the table above",
  "bad-name": "a room or user name breaks the rules under Names",
  "not-connected": "something came before `connect`",
  "already-connected": "a second `connect`",
  "unsupported-version": "`version` is not 1",
  "connect-timeout": "no `connect` within 10 s",
  "not-joined": "the request needs membership of the room",
  "too-many-rooms": "more than `limits.roomsPerConnection`",
  "room-limit": "the server keeps as many rooms as it may, and this would be one more",
  removed: "the server took the session out of the room while it was away",
  "id-conflict": "the publish id was used with other data",
  "unknown-outcome": "the store did not answer; the message may or may not be stored",
  unauthorized: "missing, foreign or expired token",
  "token-expired": "the token's time is over; come back with a new one",
  revoked: "the login was revoked",
  "too-many-connections": "the user has as many connections as the server allows",
  forbidden: "the session may not do this in this room",
  "too-large": "`data` has more bytes as JSON than the room takes",
  "unknown-position": "the history does not know the position, or no longer has what follows it",
  "rate-limited": "too many requests",
  "too-slow": "the receiver did not keep up and the room's policy is `disconnect`",
  restarting: "the server restarts; come back after `retryAfterMs`, a time of your own",
  "no-handler": "nobody answers requests of this name",
  "request-failed": "the application refused the request; `message` is its own",
  "request-timeout": "the application did not answer in its time; it may have acted",
  internal: "a fault of the server; its log has it",
});

/** When each close code is used, as docs/wire/hub-v1.md prints it. */
export const closeTexts: Readonly<Record<number, string>> = Object.freeze({
  1000: "the application closed the client",
  1001: "the server is going away",
  1006: "the transport broke (never sent)",
  1008: "refused by policy",
  1009: "a message was too large",
  1011: "a fault of the server",
  1012: "the server restarts",
  1013: "the server is overloaded",
  4400: "`not-connected`",
  4401: "`unsupported-version`",
  4403: "`unauthorized`",
  4404: "disconnected by the server's API",
  4405: "the session was taken over by a newer connection",
  4406: "`revoked`",
  4502: "`connect-timeout`",
  4503: "`too-slow`",
  4504: "`token-expired`",
  4505: "`too-many-connections`",
});

/** One line of {@link closeTable}. */
export interface CloseRule {
  readonly reconnect: Reconnect;
}

/** The close codes that a hub uses. The table "Close codes" of docs/wire/hub-v1.md equals it; a test holds them together. */
export const closeTable: Readonly<Record<number, CloseRule>> = Object.freeze(
  Object.fromEntries(Object.keys(closeTexts).map((code) => [code, { reconnect: shouldReconnect(Number(code)) }])),
);
