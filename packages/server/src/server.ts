import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from "node:http";
import type { Broker, Hub } from "@openline/hub";
import { createApp } from "./app.ts";
import { asksAboutConnect } from "./application-settings.ts";
import { createEntrance, type Entrance } from "./auth/entrance.ts";
import { isLoopback } from "./authority.ts";
import { answerClientError } from "./client-error.ts";
import { Departure } from "./departure.ts";
import { Doors } from "./doors.ts";
import { HookBook, type Hooks } from "./hooks.ts";
import { HubService } from "./hub-service.ts";
import { LateBroker } from "./late-broker.ts";
import { openListeners, portOf, reachableNames } from "./listeners.ts";
import { createLog, type Logger } from "./log.ts";
import { type MountableServer, mountOn } from "./mount.ts";
import { OpenRequests } from "./open-requests.ts";
import { storeOf } from "./open-store.ts";
import type { CloseOptions, Listening, OpenlineServer, ServerOptions } from "./openline-server.ts";
import { Metrics } from "./operations/metrics.ts";
import { type RoomHandle, roomHandle } from "./room-handle.ts";
import type { KnownRoom, MessageIn, MessageOut, NoSchemas, RoomSchemas } from "./room-types.ts";
import type { Unready } from "./routes/health.ts";
import { builtConsoleFolder } from "./routes/page.ts";
import type { DisconnectOutcome, Whom } from "./routes/room-service.ts";
import { createHub } from "./server-hub.ts";
import { completeSettings, type Settings, SettingsError } from "./settings.ts";
import { systemClock } from "./system-clock.ts";
import { TlsPort } from "./tls-port.ts";
import type { UpgradeListener } from "./upgrade.ts";
import { createWebhook, Webhook } from "./webhooks/webhook.ts";
import type { SharedWebhook, Siblings } from "./workers/siblings.ts";

/**
 * Puts a server together; call `listen()` next.
 * @throws SettingsError when the settings do not go together, for instance an open address without authentication
 */
export function createServer<const Schemas extends RoomSchemas = NoSchemas>({
  broker,
  ...options
}: ServerOptions<Schemas> = {}): OpenlineServer<Schemas> {
  const hasAuthenticate = options.authenticate !== undefined;
  const settings = completeSettings({ ...options, broker: typeof broker === "string" ? broker : undefined }, { hasAuthenticate });
  const log = options.log ?? createLog({ level: settings.logLevel, format: settings.logFormat, terminal: process.stdout.isTTY });
  const given = typeof broker === "string" ? undefined : broker;
  if (given !== undefined && settings.data !== undefined) throw new SettingsError("data and broker exclude each other");
  return new ComposedServer<Schemas>(settings, log, options, given);
}

/** From so late an event loop on, in a window of ten seconds, new clients should go elsewhere (R1). */
const mostDelayMs = 1000;

class ComposedServer<Schemas extends RoomSchemas> implements OpenlineServer<Schemas> {
  readonly settings: Settings;
  readonly hub: Hub;
  readonly onRequest: RequestListener;
  readonly onUpgrade: UpgradeListener;
  readonly http: HttpServer[] = [];
  readonly #doors: Doors;
  readonly #log: Logger;
  readonly #store: LateBroker | undefined;
  readonly #hooks: HookBook;
  readonly #webhook: Webhook | SharedWebhook | undefined;
  readonly #siblings: Siblings | undefined;
  readonly #metrics: Metrics;
  readonly #service: HubService;
  readonly #isExplicit: boolean;
  readonly #tls: TlsPort | undefined;
  readonly #unmount: (() => void)[] = [];
  readonly #requests: OpenRequests;
  readonly #departure: Departure;

  constructor(settings: Settings, log: Logger, options: ServerOptions<Schemas>, broker: Broker | undefined) {
    const { consoleFolder = builtConsoleFolder, hooks, schemas, siblings, hookTimeoutMs: timeoutMs = 10_000 } = options;
    this.#siblings = siblings;
    this.#isExplicit =
      options.anonymous !== undefined ||
      options.jwt !== undefined ||
      options.authenticate !== undefined ||
      settings.apiKeys.length > 0 ||
      asksAboutConnect(settings.ask) ||
      hooks?.beforeConnect !== undefined;
    this.settings = settings;
    this.#tls = TlsPort.of(settings.tls);
    this.#log = log;
    const openStore = storeOf(settings, log);
    this.#store = openStore === undefined ? undefined : new LateBroker(openStore);
    const entrance = createEntrance(
      settings,
      options,
      (id, windowMs) => this.hub.claim(id, windowMs),
      () => systemClock.now(),
      log,
    );
    this.#hooks = new HookBook({
      ...(hooks !== undefined && { hooks }),
      ...(schemas !== undefined && { schemas }),
      timeoutMs,
      onFault: (error, hook) => log.error({ err: error, hook }, "a hook of the application failed"),
    });
    this.#webhook = siblings === undefined ? createWebhook(settings, log) : siblings.webhook;
    this.hub = createHub(settings, log, broker ?? this.#store, {
      access: { ...entrance.access, ...(siblings !== undefined && { userTally: siblings.userConnections }) },
      guard: this.#hooks,
      observe: (activity) => {
        this.#hooks.observe(activity);
        this.#webhook?.observe(activity);
        this.#doors.observe(activity);
      },
    });
    this.#metrics = new Metrics(() => ({
      hub: this.hub.stats(),
      ready: this.unready === undefined,
      brokerRefused: this.#store?.refused ?? 0,
      webhook: this.#webhook instanceof Webhook ? this.#webhook.state() : undefined,
    }));
    this.#service = new HubService(this.hub, this.#hooks, siblings);
    siblings?.show({
      users: () => this.hub.usersHere(),
      rooms: async () => await this.hub.rooms(),
      connected: (whom) => this.hub.connectedHere(whom),
      metrics: async () => await this.#metrics.json(),
    });
    this.#doors = new Doors({
      settings,
      hub: this.hub,
      broker: broker ?? this.#store,
      entrance,
      isApiOpen: options.anonymous === true || hooks?.beforeConnect === undefined,
      siblings,
      health: this,
      onRefused: (code) => this.#metrics.countRefusal(code),
      log,
    });
    this.#requests = this.#openRequests(entrance, consoleFolder);
    this.onRequest = (request, response) => this.#requests.handle(request, response);
    this.onUpgrade = this.#doors.onUpgrade;
    this.#departure = new Departure({
      settings,
      http: this.http,
      doors: this.#doors,
      hub: this.hub,
      requests: this.#requests,
      delay: this.#metrics.delay,
      webhook: this.#webhook instanceof Webhook ? this.#webhook : undefined,
      unmount: this.#unmount,
      store: this.#store,
      log,
    });
  }

  /** True once nothing more is taken. */
  get draining(): boolean {
    return this.#departure.isDraining;
  }

  /** Open WebSocket connections, those of the siblings included. */
  get connections(): number {
    return this.#doors.sockets + (this.#siblings?.connections.elsewhere("") ?? 0);
  }

  /** Why no new clients should be sent here. */
  get unready(): Unready | undefined {
    if (this.#departure.hasBegun) return "draining";
    if (this.#store?.isAway === true || this.#siblings?.isCutOff === true) return "store-away";
    if (!this.hub.isReady) return "cut-off";
    return this.#metrics.delay.last.p99Ms > mostDelayMs ? "overloaded" : undefined;
  }

  async listen(): Promise<Listening> {
    const { host, port, basePath } = this.settings;
    await this.#open();
    const servers = await openListeners({
      host,
      port,
      sharesPort: this.#siblings?.sharesPort ?? false,
      descriptors: this.#siblings?.descriptors ?? [],
      create: () => this.#createHttp(),
    }).catch(async (error: unknown) => {
      await this.#doors.close();
      await this.#store?.end();
      throw error;
    });
    this.http.push(...servers);
    const bound = portOf(servers[0]) ?? port;
    const names = reachableNames(host, servers);
    return {
      port: bound,
      urls: names.map((name) => `${this.#tls === undefined ? "http" : "https"}://${name}:${bound}${basePath}`),
      isOpen: !isLoopback(host),
    };
  }

  /** The store, then what lies in its directory. @throws what either does, with nothing left open */
  async #open(): Promise<void> {
    await this.#store?.open();
    try {
      await this.#doors.open();
      if (this.#webhook instanceof Webhook) this.#webhook.open();
      this.#metrics.delay.start();
    } catch (error) {
      await this.#doors.close();
      await this.#store?.end();
      throw error;
    }
  }

  async mount(http: MountableServer): Promise<void> {
    if (!this.#isExplicit)
      throw new SettingsError(
        "mounted on a server of your own: say who may come in with anonymous, authenticate, jwt, apiKeys, ask or a beforeConnect hook",
      );
    await this.#open();
    const { basePath } = this.settings;
    this.#unmount.push(mountOn(http, { basePath, extraPaths: this.#doors.paths, onRequest: this.onRequest, onUpgrade: this.onUpgrade }));
  }

  room<const Name extends KnownRoom<Schemas>>(name: Name): RoomHandle<MessageIn<Schemas, Name>, MessageOut<Schemas, Name>> {
    return roomHandle(this.#service, name, this.#hooks.schemaOf(name));
  }

  hook(first: string | Hooks, hooks: Hooks = {}): () => void {
    return typeof first === "string" ? this.#hooks.add(first, hooks) : this.#hooks.add(undefined, first);
  }

  async send(user: string, data: unknown): Promise<number> {
    return await this.#service.send(user, data);
  }

  async disconnect(whom: Whom, reason?: string): Promise<DisconnectOutcome> {
    return await this.#service.disconnect(whom, reason);
  }

  close(options: CloseOptions = {}): Promise<void> {
    return this.#departure.begin(options);
  }

  reloadCertificates(): void {
    this.#tls?.reload();
  }

  #createHttp(): HttpServer {
    if (this.#tls !== undefined) return this.#tls.create(this);
    const server = createHttpServer({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 15_000 }, this.onRequest);
    return server.on("upgrade", this.onUpgrade).on("clientError", answerClientError);
  }

  #openRequests({ tickets, authenticator }: Entrance, consoleFolder: string): OpenRequests {
    const { basePath, limits, publicOrigin } = this.settings;
    const { gate, origins, reading, scaledrone, sockjs } = this.#doors;
    const app = createApp({
      basePath,
      gate,
      origins,
      rooms: this.#service,
      webhooks: this.#webhook,
      reading,
      scaledrone,
      tickets,
      revoker: authenticator === undefined ? undefined : this.hub,
      health: this,
      metrics: { contentType: this.#metrics.contentType, text: async () => await (this.#siblings?.metrics() ?? this.#metrics.text()) },
      bodyLimitBytes: limits.messageBytes,
      consoleFolder,
      publicOrigin,
      log: this.#log,
    });
    return new OpenRequests({
      fetch: app.fetch,
      sockjs,
      health: this,
      onAnswered: (method, status) => this.#metrics.countResponse(method, status),
      log: this.#log,
    });
  }
}
