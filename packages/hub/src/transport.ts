import { utf8Length } from "@openline/wire";

/** One encoded message. The same object goes to every receiver of a fan-out. */
export interface OutgoingMessage {
  readonly text: string;
  /** Bytes of `text` in UTF-8. */
  readonly bytes: number;
  /** The transport kind's own cache: what it made of `text` (a WebSocket frame, say) once for all receivers. The hub never reads it. */
  frame?: unknown;
}

/** Makes an {@link OutgoingMessage} of a text. `frame` is there from the start, so that all have one shape. */
export function outgoing(text: string): OutgoingMessage {
  return { text, bytes: utf8Length(text), frame: undefined };
}

/** One connection as the hub sees it; implemented by whoever owns the socket. */
export interface Transport {
  /** What it is, for logs and metrics: "websocket". */
  readonly kind: string;

  /**
   * Takes a message; it is always taken. Returns false when more than 64 KiB now lie below: the hub sends no more until `connection.drained()`.
   * `drained()` is never called from within `send`.
   */
  send(message: OutgoingMessage): boolean;

  /** The interval and the time to answer that were agreed on with the client, where they are not the server's own: the transport's pings keep to them. */
  setHeartbeat?(heartbeat: { readonly intervalMs: number; readonly timeoutMs: number }): void;

  /** Closes the connection once what was sent before is out; `connection.closed` may follow at once or later. Called once at most. */
  close(code: number, reason: string): void;
}
