import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { EndpointOptions } from "./endpoint-options.ts";
import type { Origins } from "./origin-policy.ts";
import type { ResponseFields } from "./refusal.ts";
import type { WebSocket } from "./websocket.ts";

/** What `verifyClient` gets to see. */
export interface ClientInfo {
  /** The `Origin` field; undefined when the client is no browser. */
  readonly origin: string;
  /** Whether the request came over TLS. */
  readonly secure: boolean;
  readonly req: IncomingMessage;
}

/** The answer of an asynchronous `verifyClient`; a refusal has status 401 unless another is given. */
export type VerifyAnswer = (verified: boolean, status?: number, message?: string, fields?: ResponseFields) => void;
export type VerifyClientSync = (info: ClientInfo) => boolean;
export type VerifyClientAsync = (info: ClientInfo, answer: VerifyAnswer) => void;

/** Options of a {@link WebSocketServer}: exactly one of `port`, `server` and `noServer`. */
export interface ServerOptions extends EndpointOptions {
  /** Listen on this port with an http server of its own; 0 for any free one. */
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  /** Most connections waiting to be accepted. Default 511. */
  readonly backlog?: number | undefined;
  /** Take upgrade requests of this server. */
  readonly server?: HttpServer | HttpsServer | undefined;
  /** Take no requests by itself: `handleUpgrade` is called by the application. */
  readonly noServer?: boolean | undefined;
  /** Only requests for this path are taken; others are answered 400. */
  readonly path?: string | undefined;
  /** Keep the open sockets in `clients`. Default true. */
  readonly clientTracking?: boolean | undefined;
  /** Chooses one of the subprotocols offered, or false for none. Default: the first one offered. */
  readonly handleProtocols?: ((subprotocols: Set<string>, request: IncomingMessage) => string | false | undefined) | undefined;
  /** A {@link VerifyClientSync} or {@link VerifyClientAsync}: whether a client may connect. With two parameters it answers through the second. */
  readonly verifyClient?: ((info: ClientInfo, answer: VerifyAnswer) => unknown) | undefined;
  /** The class of the sockets: `WebSocket` or one that extends it. */
  readonly WebSocket?: typeof WebSocket | undefined;
  /** Our own defaults instead of those of `ws`: small messages, heartbeat, deadlines, pages of the same origin only. See the README's table. */
  readonly secure?: boolean | undefined;
  /** How long a client may take for the opening handshake, in milliseconds. Default none (10,000 when `secure`). */
  readonly handshakeTimeout?: number | undefined;
  /** Pages of which origins may connect; others are answered 403. Default `any` (`same-origin` when `secure`). */
  readonly origins?: Origins | undefined;
}
