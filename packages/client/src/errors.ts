/** Every code that the client itself gives; docs/client.md tells what each means. A server's refusal comes with the server's code (docs/wire/hub-v1.md, Errors). */
export type ClientErrorCode =
  | "bad-url"
  | "insecure-url"
  | "bad-option"
  | "bad-data"
  | "bad-name"
  | "bad-publish-id"
  | "no-websocket"
  | "too-large"
  | "queue-full"
  | "not-connected"
  | "disconnected"
  | "unknown"
  | "closed"
  | "token-failed"
  | "bad-server-message"
  | "listener-failed";

/** What an error says that needs no detail. Every other one of the client's own tells the offending value and the limit. */
const plainTexts: Readonly<Record<string, string>> = {
  "no-websocket": "this platform has no WebSocket and none was given in the options",
  "not-connected": "the request needs a connection",
  disconnected: "the connection broke before the answer came",
  closed: "the client is closed",
};

/** What the client throws, rejects with, and reports on `error`. Branch on `code`, show `message`. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  /** A {@link ClientErrorCode}, or the server's own. */
  readonly code: string;
  /** The server's advice for how long to wait before trying again, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  /**
   * @param code A {@link ClientErrorCode}, or one of the server.
   * @param detail What exactly is wrong: the offending value and the limit. Left out, the code's plain text stands.
   */
  constructor(
    code: ClientErrorCode | (string & {}),
    detail?: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(`${code}: ${detail ?? textOf(code)}`, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

function textOf(code: string): string {
  return (Object.hasOwn(plainTexts, code) ? plainTexts[code] : undefined) ?? "refused by the server";
}
