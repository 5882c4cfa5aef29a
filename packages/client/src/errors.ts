/** A code of {@link clientErrorTable}. */
export type ClientErrorCode =
  | "bad-url"
  | "insecure-url"
  | "bad-option"
  | "bad-data"
  | "bad-publish-id"
  | "no-websocket"
  | "too-large"
  | "queue-full"
  | "not-connected"
  | "disconnected"
  | "unknown"
  | "closed"
  | "left"
  | "token-failed"
  | "bad-server-message"
  | "listener-failed";

/** Every code that the client itself gives, with its meaning. A server's refusal comes with the server's code (docs/wire/hub-v1.md, Errors). */
export const clientErrorTable: Readonly<Record<ClientErrorCode, string>> = {
  "bad-url": "the address is not one that a hub can have",
  "insecure-url": "a page that came over https may not speak to a ws: address",
  "bad-option": "an option has a value outside its limits",
  "bad-data": "the data is not a JSON value",
  "bad-publish-id": "the publish id is not 1 to 64 bytes of visible ASCII",
  "no-websocket": "this platform has no WebSocket and none was given in the options",
  "too-large": "the message is larger than the server takes",
  "queue-full": "too many messages wait for the server's acknowledgement",
  "not-connected": "the request needs a connection",
  disconnected: "the connection broke before the answer came",
  unknown: "the message may or may not be stored, and publishing it again could double it",
  closed: "the client is closed",
  left: "the room was left",
  "token-failed": "the application's function gave no token; it is asked again",
  "bad-server-message": "the server sent something that is not in the wire format",
  "listener-failed": "a listener of the application threw; its error is the cause",
};

/** What the client throws, rejects with, and reports on `error`. Branch on `code`, show `message`. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  /** A code of {@link clientErrorTable}, or the server's own. */
  readonly code: string;
  /** The server's advice for how long to wait before trying again, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  /**
   * @param code A code of {@link clientErrorTable} or of the server.
   * @param detail What exactly is wrong: the offending value and the limit. Left out, the table's text stands.
   */
  constructor(
    code: ClientErrorCode | (string & {}),
    detail?: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(`${code}: ${detail ?? textOf(code)}`, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

function textOf(code: string): string {
  return isClientErrorCode(code) ? clientErrorTable[code] : "refused by the server";
}

function isClientErrorCode(code: string): code is ClientErrorCode {
  return Object.hasOwn(clientErrorTable, code);
}
