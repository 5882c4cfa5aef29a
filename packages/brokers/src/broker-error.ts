/** What can be wrong with a store before or while it is used. */
export type BrokerErrorCode =
  | "missing-package"
  | "foreign-directory"
  | "damaged-store"
  | "newer-format"
  | "in-use"
  | "unusable-directory"
  | "bad-address"
  | "bad-key"
  | "unreachable"
  | "closed";

/** A store that cannot be used. The message is one line for people, and says what to do. */
export class BrokerError extends Error {
  readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "BrokerError";
    this.code = code;
  }
}

/** The text of whatever was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
