import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { HttpBindings } from "@hono/node-server";
import type { Broker, Hub, HubActivity } from "@openline/hub";
import { WebSocketServer } from "@openline/ws";
import type { Hono } from "hono";
import type { Doorkeeper } from "../auth/doorkeeper.ts";
import type { Gate } from "../gate.ts";
import type { Logger } from "../log.ts";
import { type Problem, type ProblemCode, problemResponse } from "../problems.ts";
import { rawPath } from "../request-path.ts";
import { asksForWebSocket, clientOf, handshakeProblem, refuse, type UpgradeListener } from "../upgrade.ts";
import { ScaledroneChannel, type ScaledroneChannels } from "./channel.ts";
import { Drone } from "./drone.ts";
import { addScaledroneRest } from "./rest.ts";

/** What {@link ScaledroneDoor} is built from. */
export interface ScaledroneDoorOptions {
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly channels: ScaledroneChannels;
  readonly hub: Hub;
  /** What carries rooms between nodes; undefined: this one is alone. */
  readonly broker: Broker | undefined;
  readonly gate: Pick<Gate, "checkHost" | "visitorOf">;
  readonly doorkeeper: Pick<Doorkeeper, "admit">;
  readonly health: { readonly draining: boolean };
  /** Largest data of a message. */
  readonly messageBytes: number;
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number };
  readonly now: () => number;
  readonly log: Pick<Logger, "error">;
  /** Hears of each handshake that is refused. */
  readonly onRefused: (code: ProblemCode) => void;
}

const upgradeRequired: Problem = {
  code: "upgrade-required",
  detail: "this is the WebSocket endpoint of Scaledrone's API: open it with a WebSocket client",
  headers: { upgrade: "websocket", connection: "Upgrade" },
};

/** What a frame needs beside its message: names, callback, and the handshake's `client_data`. */
const envelopeBytes = 4096;

/**
 * Scaledrone's API v3 and its REST API over the hub's rooms. `Origin` is not asked for: nothing that a browser adds by itself proves anything here, and Scaledrone's client for Node sends a
 * fixed foreign one.
 */
export class ScaledroneDoor {
  readonly #options: ScaledroneDoorOptions;
  readonly #channels: ReadonlyMap<string, ScaledroneChannel>;
  readonly #sockets: WebSocketServer;
  readonly #path: string;

  constructor(options: ScaledroneDoorOptions) {
    this.#options = options;
    this.#path = `${options.basePath}v3/websocket`;
    this.#channels = new Map(
      Object.entries(options.channels).map(([id, channel]) => [id, new ScaledroneChannel(id, channel, options.broker)]),
    );
    const { messageBytes, heartbeat } = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      secure: true,
      origins: "any",
      maxPayload: messageBytes + envelopeBytes,
      maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
      heartbeat,
      maxQueueBytes: Number.POSITIVE_INFINITY,
    });
    this.#sockets.on("wsClientError", (error, socket) => refuse(socket, handshakeProblem(error)));
  }

  /** What it serves: the WebSocket, and all below each channel. */
  get paths(): string[] {
    return [this.#path, ...Array.from(this.#channels.keys(), (id) => this.#options.basePath + id)];
  }

  /** The listener for upgrades: to its own path its own, all others `next`. */
  before(next: UpgradeListener): UpgradeListener {
    const take = (request: IncomingMessage, socket: Duplex, head: Buffer): boolean => {
      if (rawPath(request.url) !== this.#path || !asksForWebSocket(request)) return false;
      this.#upgrade(request, socket, head);
      return true;
    };
    return function onUpgrade(request, socket, head) {
      if (!take(request, socket, head)) next.call(this, request, socket, head);
    };
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { gate, doorkeeper, hub, now, log } = this.#options;
    // Without a listener a reset during the answer would end the process.
    const destroy = (): void => void socket.destroy();
    socket.on("error", destroy);
    const visitor = gate.visitorOf(request);
    const refused = this.#refusal(request) ?? doorkeeper.admit(visitor.remoteAddress, socket);
    if (refused !== undefined) {
      this.#options.onRefused(refused.code);
      return refuse(socket, refused);
    }
    socket.off("error", destroy);
    this.#sockets.handleUpgrade(request, socket, head, (websocket) => {
      // oxlint-disable-next-line no-new -- the socket's listeners hold it
      new Drone(websocket, { hub, info: clientOf(visitor, undefined), channels: this.#channels, now, log });
    });
  }

  /** Adds the REST API: before the routes that check `Origin`. */
  addRoutes(app: Hono<{ Bindings: HttpBindings }>): void {
    const { basePath, hub, gate, health, messageBytes, now } = this.#options;
    app.get(this.#path, () => problemResponse(upgradeRequired));
    addScaledroneRest({ app, basePath, channels: this.#channels, hub, gate, health, messageBytes, now });
  }

  /** Hears of what sessions of this node did, whatever door they came through. */
  observe(activity: HubActivity): void {
    if (activity.type !== "join" && activity.type !== "leave") return;
    for (const channel of this.#channels.values()) {
      const room = channel.roomOf(activity.room);
      if (room === undefined) continue;
      if (activity.type === "join") channel.census.joined(room);
      else channel.census.left(room);
    }
  }

  /** Cuts what the hub did not end. */
  close(): void {
    for (const { census } of this.#channels.values()) census.close();
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  #refusal(request: IncomingMessage): Problem | undefined {
    const { gate, health, hub } = this.#options;
    const refused = gate.checkHost(request);
    if (refused !== undefined) return refused;
    const headers = { "retry-after": "1" };
    if (health.draining) return { code: "shutting-down", detail: "the server is shutting down", headers };
    if (hub.isReady) return undefined;
    return { code: "unavailable", detail: "this node is cut off from its store and lets nobody in", headers };
  }
}
