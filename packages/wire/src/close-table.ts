/** Whether a client comes back after a close: not with the same request, with backoff, or after the longest delay first. */
export type Reconnect = "no" | "yes" | "later";

/** One line of {@link closeTable}. */
export interface CloseRule {
  readonly reconnect: Reconnect;
}

/** The close codes that a hub uses. The table "Close codes" of docs/wire/hub-v1.md equals it; a test holds them together. */
export const closeTable: Readonly<Record<number, CloseRule>> = Object.freeze({
  1000: { reconnect: "no" },
  1001: { reconnect: "yes" },
  1006: { reconnect: "yes" },
  1008: { reconnect: "no" },
  1009: { reconnect: "no" },
  1011: { reconnect: "yes" },
  1012: { reconnect: "yes" },
  1013: { reconnect: "later" },
  4400: { reconnect: "no" },
  4401: { reconnect: "no" },
  4403: { reconnect: "no" },
  4404: { reconnect: "no" },
  4405: { reconnect: "no" },
  4406: { reconnect: "no" },
  4502: { reconnect: "yes" },
  4503: { reconnect: "yes" },
  4504: { reconnect: "yes" },
  4505: { reconnect: "later" },
});

/** What a client does after a close with `code`. Codes that the table does not name: 4000 to 4499 no, everything else yes. */
export function shouldReconnect(code: number): Reconnect {
  const rule = Object.hasOwn(closeTable, code) ? closeTable[code] : undefined;
  if (rule !== undefined) return rule.reconnect;
  return code >= 4000 && code <= 4499 ? "no" : "yes";
}
