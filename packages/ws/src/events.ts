import type { ClientRequest, IncomingMessage } from "node:http";
import type { RawData } from "./payload.ts";
import type { WebSocket } from "./websocket.ts";

/** What `MessageEvent.data` can be: text as a string, binary as `binaryType` says. */
export type MessageData = string | RawData;

/**
 * An event as `addEventListener` and the `on…` attributes of a {@link WebSocket} give it to their listeners.
 * Named as in the DOM, yet not the DOM's class: Node's own `Event` costs several times as much to make.
 */
export class Event {
  readonly type: string;
  /** The socket that raised the event. */
  readonly target: WebSocket;

  constructor(type: string, target: WebSocket) {
    this.type = type;
    this.target = target;
  }
}

/** A message arrived. `data` belongs to the listener. */
export class MessageEvent extends Event {
  readonly data: MessageData;

  constructor(target: WebSocket, data: MessageData) {
    super("message", target);
    this.data = data;
  }
}

/** The connection is closed; nothing follows. */
export class CloseEvent extends Event {
  /** The close code of the peer, 1005 when its close frame had none, 1006 when no close frame came (RFC 6455 §7.1.5). */
  readonly code: number;
  readonly reason: string;
  /** Whether both close frames went over the line. */
  readonly wasClean: boolean;

  constructor(target: WebSocket, code: number, reason: string, wasClean: boolean) {
    super("close", target);
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

/** The connection failed, or never came about; a {@link CloseEvent} follows. */
export class ErrorEvent extends Event {
  readonly error: Error & { readonly code?: string };
  readonly message: string;

  constructor(target: WebSocket, error: Error) {
    super("error", target);
    this.error = error;
    this.message = error.message;
  }
}

/** The events that `addEventListener` knows, by name. */
export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent;
  close: CloseEvent;
  error: ErrorEvent;
}

/** The events of a {@link WebSocket}, with the arguments of their listeners. */
export interface WebSocketEvents {
  open: [];
  message: [data: RawData, isBinary: boolean];
  close: [code: number, reason: Buffer];
  error: [error: Error];
  ping: [data: Buffer];
  pong: [data: Buffer];
  drain: [];
  upgrade: [response: IncomingMessage];
  redirect: [url: string, request: ClientRequest];
  "unexpected-response": [request: ClientRequest, response: IncomingMessage];
}
