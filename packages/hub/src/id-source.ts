/**
 * Where ids come from: a cryptographic source in a process, a counter in a test.
 * Each is 1 to 36 characters of `A-Z a-z 0-9 _ -`; `secret` holds at least 128 random bits, `sessionId` and `epoch` at least 64, `tag` at least 32.
 */
export interface IdSource {
  /** The public id of a session. */
  sessionId(): string;
  /** What proves that a session is one's own. */
  secret(): string;
  /** Names a room's unbroken history. */
  epoch(): string;
  /** Tells a stored message from another one that a fallen-back store put at the same offset. */
  tag(): string;
}
