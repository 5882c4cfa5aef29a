import type { IncomingMessage, ServerResponse } from "node:http";
import { type Duplex, Writable } from "node:stream";
import type { ConnectionInfo } from "@openline/hub";
import {
  type Admission,
  type ConnectionProtocol,
  createServer,
  type SessionTarget,
  type SockjsConnection,
  type SockjsEndpoint,
} from "@openline/sockjs";
import { resumeFlag } from "@openline/wire";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Doorkeeper } from "../auth/doorkeeper.ts";
import type { Gate } from "../gate.ts";
import type { OriginPolicy } from "../origin-policy.ts";
import { type Problem, type ProblemCode, problemBody, problemHeaders, problemStatus } from "../problems.ts";
import { hasQueryFlag } from "../request-path.ts";
import { asksForWebSocket, clientOf, identify, refuse, type UpgradeListener } from "../upgrade.ts";

import { type SessionRegister, SessionRouter } from "./session-router.ts";

/** What a {@link SockjsDoor} is built from. */
export interface SockjsDoorOptions {
  /** Where it is, base path included, without a slash at the end. */
  readonly prefix: string;
  readonly gate: Gate;
  readonly origins: OriginPolicy;
  readonly doorkeeper: Doorkeeper;
  readonly authenticator: Pick<Authenticator, "handshake"> | undefined;
  readonly isDraining: () => boolean;
  readonly isReady: () => boolean;
  /** Largest message of the hub. A body may hold several, escaped. */
  readonly messageBytes: number;
  readonly heartbeatMs: number;
  /** How long a client may take to answer a heartbeat; 0: it need not. */
  readonly replyMs: number;
  /** Where one of several processes behind a port asks which of them has a session. Default: this one has all. */
  readonly register?: SessionRegister;
  readonly onConnection: (connection: SockjsConnection, info: ConnectionInfo) => void;
  readonly onRefused: (code: ProblemCode) => void;
}

/** What `admit` knows of a connection. */
class Guest {
  readonly info: ConnectionInfo;

  constructor(info: ConnectionInfo) {
    this.info = info;
  }
}

/** The SockJS endpoint of the hub: behind the same gate, doorkeeper and authenticator as its WebSocket. */
export class SockjsDoor {
  readonly #options: SockjsDoorOptions;
  readonly #endpoint: SockjsEndpoint;
  readonly #router: SessionRouter | undefined;

  constructor(options: SockjsDoorOptions) {
    this.#options = options;
    const server = createServer({
      prefix: options.prefix,
      // Only browsers of 2010 need its page, which would run a script of another site in the name of this one.
      sockjs_url: false,
      heartbeat_delay: options.heartbeatMs,
      heartbeat_reply_timeout: options.replyMs,
      // Sixteen messages of the largest size, or one whose every character is escaped.
      max_body_bytes: options.messageBytes * 16,
      // The hub owns the queue, and the doorkeeper counts: limits here would only cut off what those let pass.
      max_queue_bytes: Number.MAX_SAFE_INTEGER,
      max_sessions: Number.MAX_SAFE_INTEGER,
      admit: (request, protocol) => this.#admit(request, protocol),
    });
    server.on("connection", (connection) => {
      if (connection.context instanceof Guest) options.onConnection(connection, connection.context.info);
    });
    this.#endpoint = server.endpoint();
    const { register } = options;
    if (register !== undefined) this.#router = new SessionRouter(register, (request, response) => this.#serve(request, response));
  }

  /** Connections on any of its transports. */
  get count(): number {
    return this.#endpoint.count;
  }

  /** Whether a request lies below its prefix. */
  isOurs(request: IncomingMessage): boolean {
    return this.#endpoint.isOurs(request);
  }

  get prefix(): string {
    return this.#options.prefix;
  }

  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    // A stream that ends leaves a connection behind that waits for more: while the server closes nobody asks on it.
    response.once("close", () => {
      if (this.#options.isDraining()) request.socket.end();
    });
    const refused = this.#options.gate.check(request);
    if (refused === undefined) return this.#route(request, response);
    response.writeHead(problemStatus[refused.code], problemHeaders(refused)).end(problemBody(refused));
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const target = this.#router === undefined ? undefined : this.#endpoint.sessionOf(request);
    if (this.#router === undefined || target === undefined || target.isHere) return this.#serve(request, response);
    void this.#find(this.#router, target, request, response);
  }

  async #find(router: SessionRouter, { id, opens }: SessionTarget, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = await router.elsewhere(id, opens);
      if (path === undefined) this.#serve(request, response);
      else router.forward(request, response, path, this.#options.gate.visitorOf(request));
    } catch {
      // The primary is gone, and this process soon.
      response.destroy();
    }
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const target = this.#router === undefined ? undefined : this.#endpoint.sessionOf(request);
    // What would have begun a session and did not leaves none behind that others are sent to.
    if (target?.opens === true && !target.isHere)
      response.once("close", () => {
        if (this.#endpoint.sessionOf(request)?.isHere === false) this.#router?.over(target.id);
      });
    this.#endpoint.handleRequest(request, response);
  }

  /** Takes what siblings forward, where there are any. @throws the system's error */
  async open(): Promise<void> {
    await this.#router?.open();
  }

  /** The listener for upgrades: to WebSockets below the prefix ours, all others `next`. */
  before(next: UpgradeListener): UpgradeListener {
    const take = (request: IncomingMessage, socket: Duplex, head: Buffer): boolean => {
      if (!this.isOurs(request) || !asksForWebSocket(request)) return false;
      this.#upgrade(request, socket, head);
      return true;
    };
    return function onUpgrade(request, socket, head) {
      if (!take(request, socket, head)) next.call(this, request, socket, head);
    };
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refused = this.#options.gate.check(request);
    if (refused === undefined) return this.#endpoint.handleUpgrade(request, socket, head);
    socket.on("error", () => socket.destroy());
    this.#options.onRefused(refused.code);
    refuse(socket, refused);
  }

  /** Ends what is left. Connections were told before, by the hub. */
  async close(): Promise<void> {
    await this.#endpoint.close({ graceMs: 0 });
    this.#router?.close();
  }

  async #admit(request: IncomingMessage, protocol: ConnectionProtocol): Promise<Admission> {
    const { gate, doorkeeper, authenticator } = this.#options;
    const visitor = this.#router?.visitorOf(request) ?? gate.visitorOf(request);
    // Counted as a connection for as long as the session lives, whichever requests carry it.
    const stay = new Writable();
    const early = this.#refusal(request, protocol) ?? doorkeeper.admit(visitor.remoteAddress, stay, hasQueryFlag(request.url, resumeFlag));
    if (early !== undefined) return this.#refuse(early);
    const answer = authenticator === undefined ? undefined : await identify({}, authenticator, request, visitor);
    const late = answer !== undefined && "problem" in answer ? answer.problem : this.#refusal(request, protocol);
    if (late !== undefined) {
      stay.destroy();
      return this.#refuse(late);
    }
    const identity = answer !== undefined && "identity" in answer ? answer.identity : undefined;
    return { ok: true, context: new Guest(clientOf(visitor, identity)), release: () => this.#release(stay, request) };
  }

  #release(stay: Writable, request: IncomingMessage): void {
    stay.destroy();
    const id = this.#endpoint.sessionOf(request)?.id;
    if (id !== undefined) this.#router?.over(id);
  }

  #refusal(request: IncomingMessage, protocol: ConnectionProtocol): Problem | undefined {
    if (this.#options.isDraining())
      return { code: "shutting-down", detail: "the server is shutting down", headers: { "retry-after": "1" } };
    if (!this.#options.isReady())
      return { code: "unavailable", detail: "this node is cut off from its store and lets nobody in", headers: { "retry-after": "1" } };
    return isForeignScript(request, protocol, this.#options.origins) ? foreign : undefined;
  }

  #refuse(problem: Problem): Admission {
    this.#options.onRefused(problem.code);
    return { ok: false, status: problemStatus[problem.code], body: problemBody(problem), headers: problemHeaders(problem) };
  }
}

const foreign: Problem = {
  code: "origin-not-allowed",
  detail: "pages of another site may not use this server through scripts or frames; to let them, start with --allowed-origin ORIGIN",
};

/**
 * Scripts and frames are fetched without an Origin field, from any page, with this site's cookies. So a browser that says that it is another site's page
 * is believed (R14), unless the page that it names is on the list.
 */
function isForeignScript({ headers }: IncomingMessage, protocol: ConnectionProtocol, origins: OriginPolicy): boolean {
  if (protocol !== "jsonp-polling" && protocol !== "htmlfile") return false;
  const site = headers["sec-fetch-site"];
  if (site !== "cross-site" && site !== "same-site") return false;
  const page = /^https?:\/\/[^/]+/.exec(headers.referer ?? "")?.[0] ?? "";
  return !origins.lists(page);
}
