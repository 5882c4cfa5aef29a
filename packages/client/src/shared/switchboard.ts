import type { ClientMessage, Connect, Connected, ErrorMessage, ServerMessage, SessionCredentials } from "@openline/wire";
import { encode } from "@openline/wire";
import { Connection, type ConnectionEnd, comingBack } from "../connection.ts";
import { heartbeatTimes } from "../heartbeat.ts";
import type { ResolvedOptions } from "../options.ts";
import type { Clock, SocketLike } from "../platform.ts";
import { Exchange, type TabRequest } from "./exchange.ts";
import { TabLine } from "./tab-line.ts";
import type { TabWorld } from "./tab-world.ts";

/** What the leading tab brings along. */
export interface SwitchboardWorld {
  readonly tabs: TabWorld;
  readonly clock: Clock;
  readonly options: Pick<ResolvedOptions, "connectTimeoutMs" | "heartbeat" | "maxMissedHeartbeats" | "outboundLimit">;
  /** The lock of the leading tab itself. */
  readonly ownTab: string;
  /** Makes a socket to the hub. */
  readonly dial: () => SocketLike;
  /** There is a connection to the server. */
  readonly up: () => void;
}

/** The close code of a session that another connection has taken over. In a group only the next leader can do that. */
const takenOver = 4405;

/** What the number of a request may add to a message, when the leader gives it another one. */
const refBytes = 16;

/** The leading tab's part: the one connection to the hub, and a line to each tab. To the tabs it is the hub. */
export class Switchboard {
  readonly #world: SwitchboardWorld;
  readonly #lines = new Map<TabLine, () => void>();
  #connection: Connection | undefined;
  #exchange: Exchange | undefined;
  #connected: { readonly message: Connected; readonly at: number } | undefined;
  #credentials: SessionCredentials | undefined;
  /** The server's advice for all tabs: not before this time. */
  #advice: { readonly until: number; readonly error: ErrorMessage } | undefined;

  constructor(world: SwitchboardWorld) {
    this.#world = world;
  }

  /** Whether another tab than the leading one is here. */
  get hasOthers(): boolean {
    return [...this.#lines.keys()].some(({ tab }) => tab !== this.#world.ownTab);
  }

  /** A tab's socket wants a line; its channel has the name `channel`. */
  attach(tab: string, hidden: boolean, channel: string): void {
    const { tabs } = this.#world;
    const line = new TabLine(tab, hidden, tabs.channel(channel), {
      text: (from, text) => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a client of this origin has made it
        this.#take(from, JSON.parse(text) as ClientMessage);
      },
      closed: (from, code) => {
        this.#gone(from, code);
      },
      visibility: (from) => {
        this.#connection?.visibilityChanged();
        if (from.connect !== undefined) this.#connect(from, from.connect);
      },
    });
    // A tab that ends without a word gives back its lock.
    const unwatch = tabs.lock(tab, () => {
      line.end();
      this.#gone(line, 1001);
    });
    this.#lines.set(line, unwatch);
  }

  /** Gives the lead away: the server keeps the session for the next leader, unless there is nobody. */
  stop(): void {
    const hasOthers = this.hasOthers;
    for (const [line, unwatch] of this.#lines) {
      line.end();
      unwatch();
    }
    this.#lines.clear();
    this.#hangUp(hasOthers ? comingBack : 1000);
  }

  #take(line: TabLine, message: ClientMessage): void {
    if (message.type === "connect") this.#connect(line, message);
    else if (message.type === "ping") line.send(encode({ ...message, type: "pong" }));
    else if (message.type !== "pong") this.#request(line, message);
  }

  #request(line: TabLine, request: TabRequest): void {
    const isBehind = (this.#connection?.bufferedAmount ?? 0) > this.#world.options.outboundLimit.bytes;
    if (isBehind && request.type === "publish" && request.ephemeral === true) {
      line.send(encode({ type: "error", ref: request.ref, code: "disconnected", message: "the network is behind" }));
    } else this.#exchange?.take(line, request);
  }

  #connect(line: TabLine, connect: Connect): void {
    line.connect = connect;
    if (this.#connected !== undefined) return this.#welcome(line, this.#connected.message);
    const waitMs = (this.#advice?.until ?? 0) - this.#world.clock.now();
    if (this.#advice !== undefined && waitMs > 0) line.send(encode({ ...this.#advice.error, retryAfterMs: waitMs }));
    // A tab that nobody sees waits for one that is seen, or for the leader's own time: many tabs are one client to the server.
    else if (!line.hidden || line.tab === this.#world.ownTab) this.#dial(connect);
  }

  #dial(connect: Connect): void {
    if (this.#connection !== undefined) return;
    const { clock, options } = this.#world;
    const connection: Connection = new Connection(this.#world.dial, clock, options.connectTimeoutMs, {
      opened: () => {
        const session = this.#credentials ?? connect.session;
        connection.sendMessage({ ...connect, ...(session !== undefined && { session }) });
      },
      message: (message) => {
        this.#receive(message);
      },
      ended: (end) => {
        this.#ended(end);
      },
    });
    this.#connection = connection;
  }

  #receive(message: ServerMessage): void {
    if (message.type === "ping") this.#connection?.sendMessage({ ...message, type: "pong" });
    else if (message.type === "connected") this.#up(message);
    else {
      if (message.type === "error") this.#heed(message);
      if (this.#exchange !== undefined) this.#exchange.receive(message);
      else for (const line of this.#lines.keys()) if (line.connect !== undefined) line.send(encode(message));
    }
  }

  #heed(error: ErrorMessage): void {
    const concernsAll = error.ref === undefined || this.#connected === undefined;
    if (concernsAll && error.retryAfterMs !== undefined) this.#advice = { until: this.#world.clock.now() + error.retryAfterMs, error };
  }

  #up(message: Connected): void {
    const connection = this.#connection;
    if (connection === undefined || this.#connected !== undefined) return;
    const { clock, options } = this.#world;
    this.#credentials = message.session;
    this.#advice = undefined;
    this.#connected = { message, at: clock.now() };
    const isHidden = (): boolean => [...this.#lines.keys()].every(({ hidden }) => hidden);
    connection.established(heartbeatTimes(message.heartbeat, options.heartbeat), options.maxMissedHeartbeats, isHidden);
    this.#exchange = new Exchange({
      clock,
      connected: message,
      lines: () => [...this.#lines.keys()].filter(({ connect }) => connect !== undefined),
      send: (request) => {
        connection.sendMessage(request);
      },
      drop: (line) => {
        this.#remove(line, { code: 1006, reason: "join again" });
      },
    });
    for (const line of this.#lines.keys()) if (line.connect !== undefined) this.#welcome(line, message);
    this.#world.up();
  }

  /** Only the leading tab renews the login, so that it is renewed once. */
  #welcome(line: TabLine, { expiresInMs, ...message }: Connected): void {
    const { ref, session } = line.connect ?? message;
    const leftMs = (expiresInMs ?? 0) - (this.#world.clock.now() - (this.#connected?.at ?? 0));
    const limits = { ...message.limits, messageBytes: message.limits.messageBytes - refBytes };
    const renews = expiresInMs !== undefined && line.tab === this.#world.ownTab;
    const answer = { ...message, ref, resumed: session?.id === message.session.id, limits };
    line.send(encode(renews ? { ...answer, expiresInMs: Math.max(0, leftMs) } : answer));
  }

  #gone(line: TabLine, code: number): void {
    if (!this.#lines.has(line)) return;
    this.#remove(line);
    if (this.#lines.size === 0) this.#hangUp(code);
    else this.#exchange?.gone(line, code === comingBack);
  }

  #remove(line: TabLine, word?: { readonly code: number; readonly reason: string }): void {
    this.#lines.get(line)?.();
    this.#lines.delete(line);
    line.end(word);
  }

  /** `comingBack`: the server keeps the session. */
  #hangUp(code: number): void {
    const connection = this.#connection;
    this.#forget();
    if (code === comingBack) connection?.abandon("interrupt");
    else connection?.close();
  }

  #ended({ cause, code, reason }: ConnectionEnd): void {
    if (this.#connection === undefined) return;
    this.#forget();
    const word = { code: code === takenOver ? 1006 : code, reason: cause === "close" ? reason : cause };
    for (const line of this.#lines.keys()) this.#remove(line, word);
  }

  #forget(): void {
    this.#connection = undefined;
    this.#exchange = undefined;
    this.#connected = undefined;
  }
}
