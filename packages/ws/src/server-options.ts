import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { EndpointOptions } from "./endpoint-options.ts";
import type { HandshakeCheck } from "./handshake-checks.ts";
import type { Http2Options } from "./http2/http2-options.ts";
import type { Origins } from "./origin-policy.ts";
import type { ResponseFields } from "./refusal.ts";
import type { SubprotocolRoutes } from "./subprotocol-router.ts";
import type { TlsSettings } from "./tls/certificates.ts";
import type { WebSocket } from "./websocket.ts";

/** What `verifyClient` gets to see. */
export interface ClientInfo<Request extends IncomingMessage = IncomingMessage> {
  /** The `Origin` field; undefined when the client is no browser. */
  readonly origin: string;
  /** Whether the request came over TLS. */
  readonly secure: boolean;
  readonly req: Request;
}

/** The answer of an asynchronous `verifyClient`; a refusal has status 401 unless another is given. */
export type VerifyAnswer = (verified: boolean, status?: number, message?: string, fields?: ResponseFields) => void;
export type VerifyClientSync<Request extends IncomingMessage = IncomingMessage> = (info: ClientInfo<Request>) => boolean;
export type VerifyClientAsync<Request extends IncomingMessage = IncomingMessage> = (
  info: ClientInfo<Request>,
  answer: VerifyAnswer,
) => void;

/** Options of a {@link WebSocketServer}: exactly one of `port`, `server` and `noServer`. `T`, `U`: the classes of its sockets and of its requests. */
export interface ServerOptions<T extends typeof WebSocket = typeof WebSocket, U extends typeof IncomingMessage = typeof IncomingMessage>
  extends EndpointOptions {
  /** Listen on this port with an http server of its own; 0 for any free one. */
  port?: number | undefined;
  host?: string | undefined;
  /** Most connections waiting to be accepted. Default 511. */
  backlog?: number | undefined;
  /** Take upgrade requests of this server; of a server of `node:http2` its extended CONNECTs, too (RFC 8441). */
  server?: HttpServer<U> | HttpsServer<U> | Http2Server | Http2SecureServer | undefined;
  /** TLS on our own port: certificate and key, as options of `tls.createServer` or as files. */
  tls?: TlsSettings | undefined;
  /**
   * WebSockets over HTTP/2 (RFC 8441), many on one TCP connection, beside those over HTTP/1.1: on our own port, and on a `server` of `node:http2`. Default:
   * on, where clients choose it by ALPN or the server is one; off on our own port without `tls`, where clients must know beforehand.
   */
  http2?: boolean | Http2Options | undefined;
  /** Take no requests by itself: `handleUpgrade` is called by the application. */
  noServer?: boolean | undefined;
  /** Only requests for this path are taken; others are answered 400. */
  path?: string | undefined;
  /** Keep the open sockets in `clients`. Default true. */
  clientTracking?: boolean | undefined;
  /** Chooses one of the subprotocols offered, or false for none. Default: the first one offered. */
  handleProtocols?: ((subprotocols: Set<string>, request: InstanceType<U>) => string | false | undefined) | undefined;
  /** A {@link VerifyClientSync} or {@link VerifyClientAsync}: whether a client may connect. With two parameters it answers through the second. */
  verifyClient?: ((info: ClientInfo<InstanceType<U>>, answer: VerifyAnswer) => unknown) | undefined;
  /** The class of the sockets: `WebSocket` or one that extends it. */
  WebSocket?: T | undefined;
  /** Our own defaults instead of those of `ws`: small messages, heartbeat, deadlines, pages of the same origin only. See the README's table. */
  secure?: boolean | undefined;
  /** How long each part of the opening handshake may take, in milliseconds: the request, the checks, `verifyClient`. Default none (10,000 when `secure`). */
  handshakeTimeout?: number | undefined;
  /** Pages of which origins may connect; others are answered 403. Default `any` (`same-origin` when `secure`). */
  origins?: Origins | undefined;
  /**
   * Asked in this order before `verifyClient` and before the upgrade is answered: each may refuse with a status and body, or add to what becomes
   * `socket.context`.
   */
  handshakeChecks?: readonly HandshakeCheck[] | undefined;
  /**
   * Accept clients of the drafts hixie-75 and hixie-76 too (Safari 5, Chrome 4 to 13, Flash's stand-in): text only, no pings, no close codes; `headers` is not
   * emitted for them. Default false.
   */
  legacy?: boolean | undefined;
  /** One handler for each subprotocol, called after the listeners of `connection`. Takes the place of `handleProtocols`. */
  subprotocols?: SubprotocolRoutes | undefined;
  /** Addresses and subnets of proxies whose `X-Forwarded-For`, `-Proto` and `-Host` are believed; `loopback` for this machine. Default none. */
  trustProxy?: readonly string[] | undefined;
  /**
   * Connections from one address (of IPv6: one /64) at a time; more are answered 429. Default no limit (100 when `secure`, this machine not counted: behind a
   * proxy name it in `trustProxy`).
   */
  maxConnectionsPerAddress?: number | undefined;
  /** Header fields of a handshake; more are answered 431. Default no limit of ours (100 when `secure`). */
  maxHeaderFields?: number | undefined;
  /** Bytes of header fields; more are answered 431. Default no limit of ours (16 KiB when `secure`); Node's is 16 KiB in all. */
  maxHeaderBytes?: number | undefined;
}
