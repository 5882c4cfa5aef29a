/** Whether a client comes back after a close: not with the same request, with backoff, or after the longest delay first. */
export type Reconnect = "no" | "yes" | "later";

/** One line of {@link closeTable}. */
export interface CloseRule {
  readonly reconnect: Reconnect;
  /** When it is used, as docs/wire/hub-v1.md prints it. */
  readonly text: string;
}

/** The close codes that a hub uses. The table "Close codes" of docs/wire/hub-v1.md equals it; a test holds them together. */
export const closeTable: Readonly<Record<number, CloseRule>> = Object.freeze({
  1000: { reconnect: "no", text: "the application closed the client" },
  1001: { reconnect: "yes", text: "the server is going away" },
  1006: { reconnect: "yes", text: "the transport broke (never sent)" },
  1008: { reconnect: "no", text: "refused by policy" },
  1009: { reconnect: "no", text: "a message was too large" },
  1011: { reconnect: "yes", text: "a fault of the server" },
  1012: { reconnect: "yes", text: "the server restarts" },
  1013: { reconnect: "later", text: "the server is overloaded" },
  4400: { reconnect: "no", text: "`not-connected`" },
  4401: { reconnect: "no", text: "`unsupported-version`" },
  4403: { reconnect: "no", text: "`unauthorized`" },
  4404: { reconnect: "no", text: "disconnected by the server's API" },
  4405: { reconnect: "no", text: "the session was taken over by a newer connection" },
  4406: { reconnect: "no", text: "`revoked`" },
  4502: { reconnect: "yes", text: "`connect-timeout`" },
  4503: { reconnect: "yes", text: "`too-slow`" },
  4504: { reconnect: "yes", text: "`token-expired`" },
  4505: { reconnect: "later", text: "`too-many-connections`" },
});

/** What a client does after a close with `code`. Codes that the table does not name: 4000 to 4499 no, everything else yes. */
export function shouldReconnect(code: number): Reconnect {
  const rule = Object.hasOwn(closeTable, code) ? closeTable[code] : undefined;
  if (rule !== undefined) return rule.reconnect;
  return code >= 4000 && code <= 4499 ? "no" : "yes";
}
