import type { Broker, Hub, HubActivity } from "@openline/hub";
import { path as hubPath } from "@openline/wire";
import type { WebSocketServer } from "@openline/ws";
import { createDoorkeeper, type Doorkeeper } from "./auth/doorkeeper.ts";
import type { Entrance } from "./auth/entrance.ts";
import { createGate, type Gate } from "./gate.ts";
import type { Logger } from "./log.ts";
import type { OriginPolicy } from "./origin-policy.ts";
import type { ProblemCode } from "./problems.ts";
import { readingRoute } from "./reading/reading-route.ts";
import type { NodeContext } from "./routes/api-route.ts";
import type { HealthSource } from "./routes/health.ts";
import { ScaledroneDoor } from "./scaledrone/scaledrone-door.ts";
import type { Settings } from "./settings.ts";
import { SockjsDoor } from "./sockjs/sockjs-door.ts";
import { joinSockjs } from "./sockjs/sockjs-transport.ts";
import { systemClock } from "./system-clock.ts";
import { type UpgradeListener, upgradeListener } from "./upgrade.ts";
import { createSockets, joinHub } from "./websocket-transport.ts";
import type { Siblings } from "./workers/siblings.ts";

/** What {@link Doors} are built from. */
export interface DoorsOptions {
  readonly settings: Settings;
  readonly hub: Hub;
  /** What carries rooms between nodes; undefined: they live in this process alone. */
  readonly broker: Broker | undefined;
  readonly entrance: Pick<Entrance, "keys" | "authenticator">;
  /** Whether being anonymous opens the HTTP API too. */
  readonly isApiOpen: boolean;
  readonly siblings: Siblings | undefined;
  readonly health: Pick<HealthSource, "draining">;
  /** Hears of each handshake that is refused. */
  readonly onRefused: (code: ProblemCode) => void;
  readonly log: Logger;
}

/** The ways into the hub: WebSocket, SockJS, Scaledrone and plain reading, behind one gate and one doorkeeper. */
export class Doors {
  readonly gate: Gate;
  readonly origins: OriginPolicy;
  /** Undefined where the settings turn it off. */
  readonly sockjs: SockjsDoor | undefined;
  /** Undefined where the settings have no channels. */
  readonly scaledrone: ScaledroneDoor | undefined;
  readonly reading: (c: NodeContext) => Promise<Response>;
  readonly onUpgrade: UpgradeListener;
  readonly #options: DoorsOptions;
  readonly #doorkeeper: Doorkeeper;
  readonly #sockets: WebSocketServer;

  constructor(options: DoorsOptions) {
    const { settings, entrance, isApiOpen, siblings } = options;
    this.#options = options;
    const { gate, origins } = createGate(settings, entrance.keys, isApiOpen);
    this.gate = gate;
    this.origins = origins;
    this.#doorkeeper = createDoorkeeper(settings.limits, siblings);
    this.#sockets = createSockets(settings);
    this.sockjs = settings.sockjs.serve === "off" ? undefined : this.#createSockjs();
    this.scaledrone = Object.keys(settings.scaledrone).length === 0 ? undefined : this.#createScaledrone();
    this.reading = this.#createReading();
    const onUpgrade = this.#createHubListener();
    const beforeHub = this.scaledrone?.before(onUpgrade) ?? onUpgrade;
    this.onUpgrade = this.sockjs?.before(beforeHub) ?? beforeHub;
  }

  /** Open WebSocket connections of the hub's own endpoint. */
  get sockets(): number {
    return this.#sockets.clients.size;
  }

  /** Where they are beside the base path. */
  get paths(): string[] {
    return [...(this.sockjs === undefined ? [] : [this.sockjs.prefix]), ...(this.scaledrone?.paths ?? [])];
  }

  /** Takes what siblings forward, where there are any. @throws the system's error; `close` next */
  async open(): Promise<void> {
    await this.sockjs?.open();
  }

  /** Hears of what sessions of this node did. */
  observe(activity: HubActivity): void {
    this.scaledrone?.observe(activity);
  }

  /** Takes no WebSocket more. Resolves when those that are open have ended: the hub tells them to. */
  lastGone(): Promise<void> {
    return new Promise((resolve) => this.#sockets.close(() => resolve()));
  }

  /** Cuts the WebSockets that are still open. */
  cut(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Ends what is left behind the other doors, when the hub has told everybody. */
  async close(): Promise<void> {
    await this.sockjs?.close();
    this.scaledrone?.close();
  }

  #createSockjs(): SockjsDoor {
    const { settings, hub, entrance, siblings, health, onRefused, log } = this.#options;
    const { basePath, sockjs, limits, heartbeat } = settings;
    return new SockjsDoor({
      gate: this.gate,
      origins: this.origins,
      authenticator: entrance.authenticator,
      doorkeeper: this.#doorkeeper,
      prefix: basePath + sockjs.path,
      isDraining: () => health.draining,
      isReady: () => hub.isReady,
      messageBytes: limits.messageBytes,
      heartbeatMs: heartbeat.intervalMs,
      replyMs: sockjs.replyMs,
      ...(siblings !== undefined && { register: siblings }),
      onConnection: (connection, client) => joinSockjs(connection, hub, client, log),
      onRefused,
    });
  }

  #createScaledrone(): ScaledroneDoor {
    const { settings, hub, broker, health, onRefused, log } = this.#options;
    const { basePath, scaledrone: channels, limits, heartbeat } = settings;
    const { messageBytes } = limits;
    const { gate } = this;
    return new ScaledroneDoor({
      basePath,
      channels,
      hub,
      broker,
      gate,
      doorkeeper: this.#doorkeeper,
      health,
      messageBytes,
      heartbeat,
      now: () => systemClock.now(),
      onRefused,
      log,
    });
  }

  #createReading(): (c: NodeContext) => Promise<Response> {
    const { settings, hub, entrance, health } = this.#options;
    const { basePath, authCookie: cookie, tokenInEachMessage } = settings;
    const { keys, authenticator } = entrance;
    return readingRoute({
      basePath,
      hub,
      gate: this.gate,
      keys,
      authenticator,
      doorkeeper: this.#doorkeeper,
      health,
      cookie,
      tokenInEachMessage,
    });
  }

  #createHubListener(): UpgradeListener {
    const { settings, hub, entrance, health, onRefused, log } = this.#options;
    const { authenticator } = entrance;
    return upgradeListener({
      gate: this.gate,
      path: settings.basePath.slice(0, -1) + hubPath,
      sockets: this.#sockets,
      isDraining: () => health.draining,
      isReady: () => hub.isReady,
      doorkeeper: this.#doorkeeper,
      ...(authenticator !== undefined && { authenticator }),
      onSocket: (socket, client) => joinHub(socket, hub, client, log),
      onRefused,
    });
  }
}
