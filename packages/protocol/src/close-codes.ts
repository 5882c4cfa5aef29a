/** One row of the close code registry as this library uses it. */
export interface CloseCodeEntry {
  readonly code: number;
  /** RFC 6455's name for it, or the registry's where the RFC has none. */
  readonly name: string;
  /** Whether it may stand in a close frame; the others are only ever reported locally. */
  readonly onWire: boolean;
  readonly meaning: string;
}

/**
 * The close codes 1000 to 1015 (RFC 6455 §7.4.1 and the IANA registry it founded). 3000 to 3999 are registered by libraries,
 * 4000 to 4999 belong to applications; all other numbers may not be sent (RFC 6455 §7.4.2).
 */
export const CLOSE_CODES: readonly CloseCodeEntry[] = Object.freeze([
  { code: 1000, name: "normal closure", onWire: true, meaning: "The purpose of the connection has been fulfilled." },
  { code: 1001, name: "going away", onWire: true, meaning: "The endpoint goes away: a server shuts down, a page is left." },
  { code: 1002, name: "protocol error", onWire: true, meaning: "The peer broke the protocol." },
  { code: 1003, name: "unsupported data", onWire: true, meaning: "The peer sent a type of data that is not accepted here." },
  { code: 1004, name: "reserved", onWire: false, meaning: "Reserved; never used." },
  { code: 1005, name: "no status received", onWire: false, meaning: "The peer's close frame held no code." },
  { code: 1006, name: "abnormal closure", onWire: false, meaning: "The connection ended without a close frame." },
  { code: 1007, name: "invalid payload data", onWire: true, meaning: "Data did not fit its type, for example text that is not UTF-8." },
  { code: 1008, name: "policy violation", onWire: true, meaning: "A message or its sender violates a policy." },
  { code: 1009, name: "message too big", onWire: true, meaning: "A message is larger than this endpoint accepts." },
  { code: 1010, name: "mandatory extension", onWire: true, meaning: "The client needs an extension that the server did not accept." },
  { code: 1011, name: "internal error", onWire: true, meaning: "The server met a condition that it did not expect." },
  { code: 1012, name: "service restart", onWire: true, meaning: "The server restarts: come back, spread over a few seconds." },
  { code: 1013, name: "try again later", onWire: true, meaning: "The server is overloaded: come back later." },
  { code: 1014, name: "bad gateway", onWire: true, meaning: "A gateway got no valid answer from the server behind it." },
  { code: 1015, name: "TLS handshake", onWire: false, meaning: "The TLS handshake failed." },
]);

/** No close code was in the peer's close frame. Local only (RFC 6455 §7.1.5). */
export const NO_STATUS_RECEIVED = 1005;
/** The connection ended without a close frame of the peer. Local only (RFC 6455 §7.1.5). */
export const ABNORMAL_CLOSURE = 1006;

const onWire: ReadonlySet<number> = new Set(CLOSE_CODES.filter((entry) => entry.onWire).map((entry) => entry.code));

/** Whether the number may stand in a close frame that arrives (RFC 6455 §7.4.1, §7.4.2). */
export function isReceivableCloseCode(code: number): boolean {
  return onWire.has(code) || (code >= 3000 && code <= 4999 && Number.isInteger(code));
}

/** Whether a caller may put the number in a close frame. The same set as {@link isReceivableCloseCode} (RFC 6455 §7.4). */
export function isSendableCloseCode(code: number): boolean {
  return isReceivableCloseCode(code);
}

/** The registry's name of a close code, `"library"` or `"application"` for 3000 to 4999, otherwise `"unassigned"`. */
export function closeCodeName(code: number): string {
  if (code >= 3000 && code <= 3999) return "library";
  if (code >= 4000 && code <= 4999) return "application";
  return CLOSE_CODES.find((entry) => entry.code === code)?.name ?? "unassigned";
}
