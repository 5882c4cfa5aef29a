import { EventEmitter } from "node:events";
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import type { SockjsConnection } from "./connection.ts";
import { installOn } from "./install.ts";
import { completeOptions, type SockjsOptions, type SockjsSettings } from "./options.ts";
import { RequestHandler } from "./request-handler.ts";
import { isBelow, routeOf, targetOf } from "./route.ts";
import { Sessions } from "./sessions.ts";
import { plainResponse, refuse, UpgradeHandler } from "./upgrade-handler.ts";

/** What a request has to do with a session. The id is the client's secret: not for logs. */
export interface SessionTarget {
  readonly id: string;
  /** Whether it begins the session where there is none. */
  readonly opens: boolean;
  /** Whether this endpoint has it. */
  readonly isHere: boolean;
}

/** One mounted endpoint. Give it the requests and upgrades that lie below its prefix; `close` it at the end. */
export interface SockjsEndpoint {
  readonly settings: SockjsSettings;
  /** Open sessions, those that are closing included. */
  readonly count: number;
  readonly connections: Iterable<SockjsConnection>;
  /** Whether the request lies below the prefix. */
  isOurs(request: IncomingMessage): boolean;
  /** The session of an HTTP transport that the request belongs to; undefined for all others, WebSockets included. */
  sessionOf(request: IncomingMessage): SessionTarget | undefined;
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes every connection with a close frame; after `graceMs` what is left is cut. Resolves when all are gone. Default 5,000. */
  close(options?: { readonly code?: number; readonly reason?: string; readonly graceMs?: number }): Promise<void>;
}

/** A server in the manner of the npm package `sockjs`: listen for `connection`, then install it on an http server. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- types of events only
export interface SockjsServer {
  on(event: "connection", listener: (connection: SockjsConnection) => void): this;
  once(event: "connection", listener: (connection: SockjsConnection) => void): this;
  off(event: "connection", listener: (connection: SockjsConnection) => void): this;
}

/** A server in the manner of the npm package `sockjs`: listen for `connection`, then install it on an http server. */
export class SockjsServer extends EventEmitter {
  readonly #options: SockjsOptions;

  /** @throws TypeError or RangeError naming an option that cannot be */
  constructor(options: SockjsOptions = {}) {
    super();
    completeOptions(options);
    this.#options = options;
  }

  /**
   * Serves what lies below the prefix on `server`; the rest goes to the listeners that are there already, so install it after them. `options` come before
   * those of the server. Call `close` of the result before that of the http server.
   */
  installHandlers(server: HttpServer | HttpsServer | Http2Server | Http2SecureServer, options: SockjsOptions = {}): SockjsEndpoint {
    const endpoint = this.#endpoint(options);
    endpoint.uninstall = installOn(server, endpoint);
    return endpoint;
  }

  /** An endpoint for a program that routes requests by itself. */
  endpoint(options: SockjsOptions = {}): SockjsEndpoint {
    return this.#endpoint(options);
  }

  #endpoint(options: SockjsOptions): Endpoint {
    return new Endpoint(completeOptions({ ...this.#options, ...options }), (connection) => this.emit("connection", connection));
  }
}

/** Makes a server. Next: `server.on("connection", …)`, `server.installHandlers(http, { prefix: "/echo" })`. */
export function createServer(options?: SockjsOptions): SockjsServer {
  return new SockjsServer(options);
}

class Endpoint implements SockjsEndpoint {
  readonly settings: SockjsSettings;
  /** Gives the http server's listeners back. */
  uninstall: () => void = () => undefined;
  readonly #sessions: Sessions;
  readonly #requests: RequestHandler;
  readonly #upgrades: UpgradeHandler;

  constructor(settings: SockjsSettings, onConnection: (connection: SockjsConnection) => void) {
    this.settings = settings;
    this.#sessions = new Sessions(settings, onConnection);
    this.#requests = new RequestHandler(settings, this.#sessions);
    this.#upgrades = new UpgradeHandler(settings, this.#sessions);
  }

  get count(): number {
    return this.#sessions.count;
  }

  get connections(): Iterable<SockjsConnection> {
    return this.#sessions.connections;
  }

  isOurs({ url }: IncomingMessage): boolean {
    return isBelow(targetOf(url).path, this.settings.prefix);
  }

  sessionOf({ url, method = "" }: IncomingMessage): SessionTarget | undefined {
    const route = routeOf(targetOf(url).path, this.settings.prefix);
    if (route === undefined || !("session" in route) || method === "OPTIONS" || !route.methods.includes(method)) return undefined;
    const { session: id, kind } = route;
    return { id, opens: kind === "receive", isHere: this.#sessions.find(id) !== undefined };
  }

  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    void this.#requests.handle(request, response);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#upgrades.handle(request, socket, head)) return;
    // A WebSocket over HTTP/2 asks for nothing else (RFC 8441 §5).
    if ("respond" in socket) refuse(socket, 404, "");
    else this.handleRequest(request, plainResponse(request, socket));
  }

  async close({ code = 1001, reason = "Server shutting down", graceMs = 5_000 } = {}): Promise<void> {
    for (const connection of this.#sessions.connections) connection.close(code, reason);
    const { clock } = this.settings;
    const deadline = clock.setTimeout(() => this.#sessions.destroy(), graceMs);
    await this.#sessions.empty();
    clock.clearTimeout(deadline);
    this.uninstall();
  }
}
