import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import { type Broker, Hub } from "@openline/hub";
import { path as hubPath, subprotocol } from "@openline/wire";
import { WebSocketServer } from "@openline/ws";
import { ApiKeys } from "./api-keys.ts";
import { createApp, failure } from "./app.ts";
import { isLoopback } from "./authority.ts";
import { answerClientError } from "./client-error.ts";
import { Gate } from "./gate.ts";
import { HostPolicy } from "./host-policy.ts";
import { hubLog } from "./hub-log.ts";
import { LateBroker } from "./late-broker.ts";
import { openListeners, portOf, reachableNames } from "./listeners.ts";
import { createLog, type Logger } from "./log.ts";
import { storeOf } from "./open-store.ts";
import { OriginPolicy } from "./origin-policy.ts";
import { ProblemError } from "./problems.ts";
import { randomIds } from "./random-ids.ts";
import { builtConsoleFolder } from "./routes/page.ts";
import { completeSettings, type Settings, SettingsError, type SettingsInput } from "./settings.ts";
import { systemClock } from "./system-clock.ts";
import { type UpgradeListener, upgradeListener } from "./upgrade.ts";
import { highWaterBytes, joinHub } from "./websocket-transport.ts";

/** What a server is made of: {@link SettingsInput}, and parts that a program brings itself. */
export interface ServerOptions extends Omit<SettingsInput, "broker"> {
  /** Where rooms are shared: the address of a Redis, or a broker of the program's own, which stays its owner's to close. */
  readonly broker?: string | Broker | undefined;
  /** Default: a log on standard output in the settings' level and format. */
  readonly log?: Logger;
  /** The folder of the console page. Default: the one that the build made. */
  readonly consoleFolder?: string;
}

/** How a server is closed. */
export interface CloseOptions {
  /** What clients are told: 1001, the server goes away (default), or 1012, it restarts. */
  readonly code?: 1001 | 1012;
  /** How long the closing handshakes and the requests under way may take, in milliseconds. Default: the setting `drainMs`. */
  readonly graceMs?: number;
}

/** Where a server listens. */
export interface Listening {
  /** The addresses to open, with the base path; the first one is the one to show. */
  readonly urls: readonly string[];
  readonly port: number;
  /** Whether more than this machine can reach it. */
  readonly isOpen: boolean;
}

/** Hub, WebSocket, HTTP API and page, put together. */
export interface OpenlineServer {
  readonly settings: Settings;
  readonly hub: Hub;
  /** The listening servers: none before `listen`, two where `localhost` has two address families. */
  readonly http: readonly HttpServer[];
  /** For a server of the program's own: its `request` listener. */
  readonly onRequest: RequestListener;
  /** For a server of the program's own: its `upgrade` listener. */
  readonly onUpgrade: UpgradeListener;
  /** Opens the store, then starts to listen. @throws BrokerError, or the system's error, such as EADDRINUSE; nothing stays open then */
  listen(): Promise<Listening>;
  /** Takes nothing more, lets what is under way end, closes every connection. Resolves when all is closed, within `graceMs`. */
  close(options?: CloseOptions): Promise<void>;
}

/**
 * Puts a server together; call `listen()` next.
 * @throws SettingsError when the settings do not go together, for instance an open address without authentication
 */
export function createServer({ broker, ...options }: ServerOptions = {}): OpenlineServer {
  const settings = completeSettings({ ...options, broker: typeof broker === "string" ? broker : undefined });
  const log = options.log ?? createLog({ level: settings.logLevel, format: settings.logFormat, terminal: process.stdout.isTTY });
  const given = typeof broker === "string" ? undefined : broker;
  if (given !== undefined && settings.data !== undefined) throw new SettingsError("data and broker exclude each other");
  return new ComposedServer(settings, log, options.consoleFolder ?? builtConsoleFolder, given);
}

class ComposedServer implements OpenlineServer {
  readonly settings: Settings;
  readonly hub: Hub;
  readonly onRequest: RequestListener;
  readonly onUpgrade: UpgradeListener;
  readonly http: HttpServer[] = [];
  readonly #sockets: WebSocketServer;
  readonly #log: Logger;
  readonly #store: LateBroker | undefined;
  readonly #responses = new Set<ServerResponse>();
  #closing: Promise<void> | undefined;

  constructor(settings: Settings, log: Logger, consoleFolder: string, broker: Broker | undefined) {
    this.settings = settings;
    this.#log = log;
    const openStore = storeOf(settings, log);
    this.#store = openStore === undefined ? undefined : new LateBroker(openStore);
    this.hub = createHub(settings, log, broker ?? this.#store);
    this.#sockets = createSockets(settings);
    const { gate, origins } = createGate(settings);
    this.onRequest = this.#requestListener(gate, origins, consoleFolder);
    this.onUpgrade = upgradeListener({
      gate,
      path: settings.basePath.slice(0, -1) + hubPath,
      sockets: this.#sockets,
      isDraining: () => this.draining,
      onSocket: (socket, request) => joinHub(socket, this.hub, { remoteAddress: request.socket.remoteAddress }, log),
    });
  }

  /** True from the beginning of `close`. */
  get draining(): boolean {
    return this.#closing !== undefined;
  }

  /** Open WebSocket connections. */
  get connections(): number {
    return this.#sockets.clients.size;
  }

  async listen(): Promise<Listening> {
    const { host, port, basePath } = this.settings;
    await this.#store?.open();
    const servers = await openListeners({ host, port, create: () => this.#createHttp() }).catch(async (error: unknown) => {
      await this.#store?.end();
      throw error;
    });
    this.http.push(...servers);
    const bound = portOf(servers[0]) ?? port;
    const names = reachableNames(host, servers);
    return { port: bound, urls: names.map((name) => `http://${name}:${bound}${basePath}`), isOpen: !isLoopback(host) };
  }

  close({ code = 1001, graceMs = this.settings.drainMs }: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(code, graceMs);
    return this.#closing;
  }

  async #close(code: 1001 | 1012, graceMs: number): Promise<void> {
    const deadline = setTimeout(() => this.#cutAll(), graceMs);
    const closed = this.http.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    const socketsClosed = new Promise<void>((resolve) => this.#sockets.close(() => resolve()));
    this.hub.close(code);
    for (const server of this.http) server.closeIdleConnections();
    // A connection that stays open for the next request would hold the server until the deadline.
    for (const response of this.#responses) if (!response.headersSent) response.setHeader("connection", "close");
    await Promise.all([...closed, socketsClosed]);
    clearTimeout(deadline);
    await this.#store?.end();
  }

  #cutAll(): void {
    this.#log.warn({ connections: this.connections }, "the time to drain is over: cutting what is still open");
    for (const socket of this.#sockets.clients) socket.terminate();
    for (const server of this.http) server.closeAllConnections();
  }

  #createHttp(): HttpServer {
    const server = createHttpServer({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 15_000 }, this.onRequest);
    return server.on("upgrade", this.onUpgrade).on("clientError", answerClientError);
  }

  #requestListener(gate: Gate, origins: OriginPolicy, consoleFolder: string): RequestListener {
    const { basePath, limits, publicOrigin } = this.settings;
    const app = createApp({
      basePath,
      gate,
      origins,
      rooms: this.hub,
      health: this,
      bodyLimitBytes: limits.messageBytes,
      consoleFolder,
      publicOrigin,
      log: this.#log,
    });
    // The globals of the program that embeds us stay what they are. What fails before a route is found is the request's own fault.
    const listener = getRequestListener(app.fetch, {
      overrideGlobalObjects: false,
      errorHandler: (error) => failure(badRequest(error), this.#log, "request"),
    });
    return (request: IncomingMessage, response: ServerResponse) => {
      this.#responses.add(response);
      response.once("close", () => this.#responses.delete(response));
      if (this.draining) response.setHeader("connection", "close");
      listener(request, response).catch((error: unknown) => {
        this.#log.error({ err: error }, "a response failed");
        response.destroy();
      });
    };
  }
}

function createHub({ history, rooms, limits, heartbeat, sessionTtlMs }: Settings, log: Logger, broker: Broker | undefined): Hub {
  return new Hub({
    clock: systemClock,
    ids: randomIds,
    // Several nodes may share it: each has its own name.
    ...(broker !== undefined && { broker, node: `n${randomIds.tag()}` }),
    rules: { history },
    roomRules: rooms,
    limits,
    heartbeat,
    sessionTtlMs,
    log: hubLog(log),
  });
}

function createSockets({ limits, heartbeat }: Settings): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    secure: true,
    // The gate has checked the Origin, by rules that the HTTP API shares.
    origins: "any",
    maxPayload: limits.messageBytes,
    // Behind a proxy on another machine every client has that machine's address.
    maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
    heartbeat,
    highWaterBytes,
    // The hub owns the queue and sends nothing more above the mark; a cap here would only cut off a single large message.
    maxQueueBytes: Number.POSITIVE_INFINITY,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
}

function createGate(settings: Settings): { gate: Gate; origins: OriginPolicy } {
  const { host, allowedHosts, allowedOrigins, publicOrigin, apiKeys, anonymous } = settings;
  const shown = publicOrigin === undefined ? [] : [publicOrigin];
  const hosts = new HostPolicy({
    boundHost: host,
    allowedHosts: [...allowedHosts, ...shown.map((origin) => origin.replace(/^https?:\/\//, ""))],
  });
  const origins = new OriginPolicy([...allowedOrigins, ...shown]);
  return { gate: new Gate({ hosts, origins, keys: new ApiKeys(apiKeys), anonymous }), origins };
}

function badRequest(error: unknown): unknown {
  return error instanceof RequestError ? new ProblemError("bad-request", error.message) : error;
}
