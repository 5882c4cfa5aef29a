import type { StoredMessage } from "./broker.ts";
import type { Retention } from "./rules.ts";

/**
 * How many of the messages (oldest first, ending at the newest of the room) lie beyond the retention. An engine may keep more than the rules
 * say; the hub counts what lies beyond as missed, so that all engines recover alike (contract 5).
 */
export function expiredCount(messages: readonly StoredMessage[], retention: Retention, now: number): number {
  let first = Math.max(0, messages.length - retention.messages);
  let bytes = 0;
  for (let index = messages.length - 1; index >= first; index--) {
    const message = messages[index];
    if (message === undefined) break;
    bytes += message.bytes;
    if (bytes > retention.bytes || isExpired(message, retention, now)) first = index + 1;
  }
  return first;
}

/** A message is kept up to and including the moment at which it is `ageMs` old. */
export function isExpired(message: StoredMessage, retention: Retention, now: number): boolean {
  return now - message.time > retention.ageMs;
}
