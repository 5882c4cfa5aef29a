/** What the sender of a refused request may do: nothing, repeat it, with the same id, after a while. */
export type Retry = "no" | "yes" | "same id" | "after `retryAfterMs`" | "later";

/** One line of {@link errorTable}. */
export interface ErrorRule {
  /** With it the connection is closed, the error's code as the reason. */
  readonly closeCode?: number;
  readonly retry: Retry;
  /** What the code means, as docs/wire/hub-v1.md prints it. */
  readonly text: string;
}

/** Every error code of the wire format. */
export type ErrorCode =
  | "bad-json"
  | "bad-message"
  | "unknown-type"
  | "bad-name"
  | "not-connected"
  | "already-connected"
  | "unsupported-version"
  | "connect-timeout"
  | "not-joined"
  | "too-many-rooms"
  | "room-limit"
  | "removed"
  | "id-conflict"
  | "unknown-outcome"
  | "unauthorized"
  | "token-expired"
  | "revoked"
  | "too-many-connections"
  | "forbidden"
  | "too-large"
  | "unknown-position"
  | "rate-limited"
  | "too-slow"
  | "no-handler"
  | "request-failed"
  | "request-timeout"
  | "internal";

/** What each error code means and does. The table "Errors" of docs/wire/hub-v1.md equals it; a test holds them together. */
export const errorTable: Readonly<Record<ErrorCode, ErrorRule>> = Object.freeze({
  "bad-json": { retry: "no", text: "the message is not JSON" },
  "bad-message": {
    retry: "no",
    text: "not an object, a field is missing or has a wrong value; `message` names the field, the value and the limit",
  },
  "unknown-type": { retry: "no", text: "`type` is not in the table above" },
  "bad-name": { retry: "no", text: "a room or user name breaks the rules under Names" },
  "not-connected": { closeCode: 4400, retry: "no", text: "something came before `connect`" },
  "already-connected": { retry: "no", text: "a second `connect`" },
  "unsupported-version": { closeCode: 4401, retry: "no", text: "`version` is not 1" },
  "connect-timeout": { closeCode: 4502, retry: "yes", text: "no `connect` within 10 s" },
  "not-joined": { retry: "no", text: "the request needs membership of the room" },
  "too-many-rooms": { retry: "no", text: "more than `limits.roomsPerConnection`" },
  "room-limit": { retry: "later", text: "the server keeps as many rooms as it may, and this would be one more" },
  removed: { retry: "no", text: "the server took the session out of the room while it was away" },
  "id-conflict": { retry: "no", text: "the publish id was used with other data" },
  "unknown-outcome": { retry: "same id", text: "the store did not answer; the message may or may not be stored" },
  unauthorized: { closeCode: 4403, retry: "no", text: "missing, foreign or expired token" },
  "token-expired": { closeCode: 4504, retry: "yes", text: "the token's time is over; come back with a new one" },
  revoked: { closeCode: 4406, retry: "no", text: "the login was revoked" },
  "too-many-connections": { closeCode: 4505, retry: "later", text: "the user has as many connections as the server allows" },
  forbidden: { retry: "no", text: "the session may not do this in this room" },
  "too-large": { retry: "no", text: "`data` has more bytes as JSON than the room takes" },
  "unknown-position": { retry: "no", text: "the history does not know the position, or no longer has what follows it" },
  "rate-limited": { retry: "after `retryAfterMs`", text: "too many requests" },
  "too-slow": { closeCode: 4503, retry: "yes", text: "the receiver did not keep up and the room's policy is `disconnect`" },
  "no-handler": { retry: "no", text: "nobody answers requests of this name" },
  "request-failed": { retry: "no", text: "the application refused the request; `message` is its own" },
  "request-timeout": { retry: "later", text: "the application did not answer in its time; it may have acted" },
  internal: { retry: "later", text: "a fault of the server; its log has it" },
});

/** The rule of a code, `undefined` for one that this version does not know. */
export function errorRule(code: string): ErrorRule | undefined {
  return isErrorCode(code) ? errorTable[code] : undefined;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}
