/** What the sender of a refused request may do: nothing, repeat it, with the same id, after a while. */
export type Retry = "no" | "yes" | "same id" | "after `retryAfterMs`" | "later";

/** One line of {@link errorTable}. */
export interface ErrorRule {
  /** With it the connection is closed, the error's code as the reason. */
  readonly closeCode?: number;
  readonly retry: Retry;
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
  | "restarting"
  | "no-handler"
  | "request-failed"
  | "request-timeout"
  | "internal";

/** What each error code means and does. The table "Errors" of docs/wire/hub-v1.md equals it; a test holds them together. */
export const errorTable: Readonly<Record<ErrorCode, ErrorRule>> = Object.freeze({
  "bad-json": { retry: "no" },
  "bad-message": {
    retry: "no",
  },
  "unknown-type": { retry: "no" },
  "bad-name": { retry: "no" },
  "not-connected": { closeCode: 4400, retry: "no" },
  "already-connected": { retry: "no" },
  "unsupported-version": { closeCode: 4401, retry: "no" },
  "connect-timeout": { closeCode: 4502, retry: "yes" },
  "not-joined": { retry: "no" },
  "too-many-rooms": { retry: "no" },
  "room-limit": { retry: "later" },
  removed: { retry: "no" },
  "id-conflict": { retry: "no" },
  "unknown-outcome": { retry: "same id" },
  unauthorized: { closeCode: 4403, retry: "no" },
  "token-expired": { closeCode: 4504, retry: "yes" },
  revoked: { closeCode: 4406, retry: "no" },
  "too-many-connections": { closeCode: 4505, retry: "later" },
  forbidden: { retry: "no" },
  "too-large": { retry: "no" },
  "unknown-position": { retry: "no" },
  "rate-limited": { retry: "after `retryAfterMs`" },
  "too-slow": { closeCode: 4503, retry: "yes" },
  restarting: { closeCode: 1012, retry: "yes" },
  "no-handler": { retry: "no" },
  "request-failed": { retry: "no" },
  "request-timeout": { retry: "later" },
  internal: { retry: "later" },
});

/** The rule of a code, `undefined` for one that this version does not know. */
export function errorRule(code: string): ErrorRule | undefined {
  const table: Readonly<Record<string, ErrorRule>> = errorTable;
  return Object.hasOwn(table, code) ? table[code] : undefined;
}
