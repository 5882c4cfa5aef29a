/** Whether a client comes back after a close: not with the same request, with backoff, or after the longest delay first. */
export type Reconnect = "no" | "yes" | "later";

/** The codes that do not follow the rule of their range. `closeTable` lists all that a hub uses; docs/wire/hub-v1.md equals it. */
const exceptions: ReadonlyMap<number, Reconnect> = new Map([
  [1000, "no"],
  [1008, "no"],
  [1009, "no"],
  [1013, "later"],
  [4505, "later"],
]);

/** What a client does after a close with `code`: 4000 to 4499 no, everything else yes, but for the exceptions. */
export function shouldReconnect(code: number): Reconnect {
  return exceptions.get(code) ?? (code >= 4000 && code <= 4499 ? "no" : "yes");
}
