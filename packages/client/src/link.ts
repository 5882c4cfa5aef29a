import type { Connected, ServerMessage, SessionCredentials } from "@openline/wire";
import { errorRule, shouldReconnect, version } from "@openline/wire";
import { Backoff } from "./backoff.ts";
import { Connection, type ConnectionEnd, type EndCause } from "./connection.ts";
import { ClientError } from "./errors.ts";
import { heartbeatTimes } from "./heartbeat.ts";
import { checkedToken, mostTimerMs, numberIn, type ResolvedOptions, type TokenCallback } from "./options.ts";
import type { Platform, SocketLike } from "./platform.ts";
import { Refresher, type RefresherLink } from "./refresher.ts";
import { type ClientState, type ClientStateEvent, clientStates } from "./states.ts";

/** Why the state changed, and what comes next. */
export interface StateDetail {
  /** What ended the connection, `application` after `close()`. */
  readonly cause?: EndCause | "application";
  /** The close code of the connection that ended. */
  readonly code?: number;
  /** The close reason of the connection that ended. */
  readonly reason?: string;
  /** In `waiting`: the time until the next attempt. */
  readonly retryInMs?: number;
  /** In `connected`: whether the server still had the session. */
  readonly resumed?: boolean;
}

/** What the link tells the client. */
export interface LinkEvents {
  /** The server answered `connect`. The link can send. What is sent lies in the network for `transitMs` at most, until the connection is given up. */
  up(connected: Connected, transitMs: number): void;
  /** Something came that is not the link's own business. */
  message(message: ServerMessage): void;
  /** The link that was up is down; it will come back. */
  down(): void;
  /** The link is down, if it was up, and does not come back by itself. */
  closed(detail: StateDetail): void;
  /** The application's callback for tokens failed; the link tries again by itself. */
  fault(error: ClientError): void;
  /** After everything above. */
  state(state: ClientState, detail: StateDetail): void;
}

/** Makes a socket to the hub. @throws ClientError `no-websocket`. */
export type OpenSocket = () => SocketLike;

/** Of every `connect`: answers to it are the link's own business, so its number may be one that requests use too. */
const connectRef = 0;

/** Keeps one connection to the hub, over as many sockets as it takes: connect with the session, heartbeat, backoff, the close table. */
export class Link {
  readonly #platform: Platform;
  readonly #options: ResolvedOptions;
  readonly #open: OpenSocket;
  readonly #events: LinkEvents;
  readonly #backoff: Backoff;
  #state: ClientState = "idle";
  #connection: Connection | undefined;
  #credentials: SessionCredentials | undefined;
  #upSince = 0;
  #retryTimer: unknown;
  /** The token that the server knows us by. */
  #token: string | undefined;
  readonly #refresher: Refresher | undefined;
  /** The server's or the application's wish: no attempt before this time. */
  #notBefore = 0;
  #unwatchNetwork: (() => void) | undefined;

  constructor(platform: Platform, options: ResolvedOptions, open: OpenSocket, events: LinkEvents) {
    this.#platform = platform;
    this.#options = options;
    this.#open = open;
    this.#events = events;
    this.#backoff = new Backoff(options.reconnect, platform.random);
    const { token } = options;
    if (typeof token === "function") this.#refresher = new Refresher(this.#refresherLink(token));
  }

  get state(): ClientState {
    return this.#state;
  }

  /** The public id of the session, `undefined` before the first `connected`. */
  get sessionId(): string | undefined {
    return this.#credentials?.id;
  }

  get bufferedAmount(): number {
    return this.#connection?.bufferedAmount ?? 0;
  }

  /** Sends when the link is up. Returns whether it was. */
  send(text: string): boolean {
    if (this.#state !== "connected") return false;
    this.#connection?.send(this.#withToken(text));
    return true;
  }

  /** Bytes by which a token makes each message longer. */
  get tokenBytes(): number {
    return this.#withToken("{}").length - 2;
  }

  /** Attempts now, unless one is under way. @throws ClientError `no-websocket`. */
  connect(): void {
    if (!this.#move("connect")) return;
    this.#unwatchNetwork ??= this.#platform.watchNetwork({
      offline: () => {
        this.#connection?.abandon("offline");
      },
      online: () => {
        this.#networkBack();
      },
      visibility: () => {
        this.#connection?.visibilityChanged();
        if (!this.#platform.hidden()) this.#networkBack();
      },
    });
    const fault = this.#attempt();
    if (fault !== undefined) throw fault;
  }

  /** Ends the session and everything that waits. */
  close(): void {
    if (!this.#move("close")) return;
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
    this.#closed({ cause: "application", code: 1000, reason: "closed by the application" });
  }

  /** Breaks the connection; the next attempt comes after `forMs`, or after the usual backoff. */
  interrupt(forMs: number | undefined): void {
    if (forMs !== undefined) this.#notBefore = this.#platform.clock.now() + numberIn("forMs", forMs, 0, mostTimerMs);
    if (this.#connection !== undefined) this.#connection.abandon("interrupt");
    else if (this.#state === "waiting") this.#lost({ cause: "interrupt", code: 1006, reason: "interrupt" });
  }

  #move(event: ClientStateEvent): boolean {
    const next = clientStates[this.#state][event];
    if (next === undefined) return false;
    this.#state = next;
    this.#platform.clock.clearTimeout(this.#retryTimer);
    return true;
  }

  /** Returns why there is no socket: the caller of `connect` gets it thrown, a retry has told it by the state. */
  #attempt(): ClientError | undefined {
    this.#notBefore = 0;
    const { clock } = this.#platform;
    try {
      this.#connection = new Connection(this.#open, clock, this.#options.connectTimeoutMs, {
        opened: () => {
          this.#sayConnect();
        },
        message: (message) => {
          this.#receive(message);
        },
        ended: (end) => {
          this.#ended(end);
        },
      });
    } catch (cause) {
      this.#move("refused");
      this.#closed({ cause: "refused", reason: String(cause) });
      return cause instanceof ClientError ? cause : new ClientError("bad-url", String(cause), { cause });
    }
    this.#events.state("connecting", {});
    return undefined;
  }

  #sayConnect(): void {
    const { token } = this.#options;
    if (typeof token !== "function") this.#sayConnectWith(token);
    else void this.#askForToken(token);
  }

  /** The connection's own deadline bears on the callback too. */
  async #askForToken(callback: TokenCallback): Promise<void> {
    const connection = this.#connection;
    try {
      const token = checkedToken(await callback());
      if (connection === this.#connection) this.#sayConnectWith(token);
    } catch (cause) {
      if (connection !== this.#connection) return;
      this.#tokenFailed(cause);
      connection?.abandon("token-failed");
    }
  }

  #refresherLink(token: TokenCallback): RefresherLink {
    return {
      clock: this.#platform.clock,
      token: async () => checkedToken(await token()),
      send: (fresh) => {
        this.#token = fresh;
        this.#connection?.sendMessage({ type: "refresh", ref: connectRef, token: fresh });
      },
      report: (cause) => {
        this.#tokenFailed(cause);
      },
    };
  }

  #tokenFailed(cause: unknown): void {
    this.#events.fault(new ClientError("token-failed", String(cause), { cause }));
  }

  /** The text is an object, so its last character is the brace. */
  #withToken(text: string): string {
    if (!this.#options.tokenInEachMessage || this.#token === undefined) return text;
    return `${text.slice(0, -1)}${text.length > 2 ? "," : ""}"token":${JSON.stringify(this.#token)}}`;
  }

  #sayConnectWith(token: string | undefined): void {
    const { user, heartbeat } = this.#options;
    this.#token = token;
    this.#connection?.sendMessage({
      type: "connect",
      ref: connectRef,
      version,
      session: this.#credentials,
      user,
      token,
      heartbeat,
    });
  }

  #receive(message: ServerMessage): void {
    if (message.type === "ping") {
      this.#connection?.sendMessage({ ...message, type: "pong" });
    } else if (this.#state === "connected" && message.type === "refreshed") this.#refresher?.accepted(message.expiresInMs);
    else if (this.#state === "connected") {
      // An answer to `refresh`; one that closes is followed by that close.
      if (message.type === "error" && message.ref === connectRef) this.#refresher?.retry();
      if (message.type === "error" && message.ref === undefined) this.#heed(message.retryAfterMs);
      this.#events.message(message);
    } else if (message.type === "connected") this.#connected(message);
    else if (message.type === "error") this.#connectRefused(message.code, message.message, message.retryAfterMs);
  }

  #connected(message: Connected): void {
    if (!this.#move("connected")) return;
    this.#credentials = message.session;
    this.#upSince = this.#platform.clock.now();
    this.#refresher?.accepted(message.expiresInMs);
    const { heartbeat, maxMissedHeartbeats } = this.#options;
    const times = heartbeatTimes(message.heartbeat, heartbeat);
    this.#connection?.established(times, maxMissedHeartbeats, this.#platform.hidden);
    const connection = this.#connection;
    this.#events.up(message, Math.max(times.intervalMs, times.hiddenIntervalMs) + maxMissedHeartbeats * times.timeoutMs);
    // What was sent there may have broken the connection already.
    if (connection === this.#connection) this.#events.state("connected", { resumed: message.resumed });
  }

  /** An error with a close code is followed by that close, which says it all. */
  #connectRefused(code: string, text: string, retryAfterMs: number | undefined): void {
    this.#heed(retryAfterMs);
    const rule = errorRule(code);
    if (rule?.closeCode !== undefined) return;
    const reason = `${code}: ${text}`;
    if (rule?.retry !== "no") this.#connection?.abandon("close", reason);
    else {
      const connection = this.#connection;
      this.#connection = undefined;
      connection?.close();
      this.#refused({ cause: "refused", reason });
    }
  }

  #heed(retryAfterMs: number | undefined): void {
    if (retryAfterMs === undefined) return;
    this.#notBefore = this.#platform.clock.now() + Math.min(retryAfterMs, mostTimerMs);
  }

  #ended(end: ConnectionEnd): void {
    this.#connection = undefined;
    this.#refresher?.stop();
    if (this.#state === "connected") this.#backoff.connectionLasted(this.#platform.clock.now() - this.#upSince);
    // The same token would be as old the next time.
    const isStale = end.code === errorRule("token-expired")?.closeCode && typeof this.#options.token === "string";
    const advice = isStale ? "no" : end.cause === "close" ? shouldReconnect(end.code) : "yes";
    if (advice === "no") this.#refused(end);
    else this.#lost(end, advice);
  }

  #refused(detail: StateDetail): void {
    if (this.#move("refused")) this.#closed(detail);
  }

  #lost(end: ConnectionEnd, advice: "yes" | "later" = "yes"): void {
    const wasUp = this.#state === "connected";
    if (!this.#move("lost")) return;
    const heldMs = this.#notBefore - this.#platform.clock.now();
    const backoffMs = advice === "later" ? this.#backoff.later() : this.#backoff.next();
    const retryInMs = end.cause === "interrupt" && heldMs > 0 ? heldMs : Math.max(heldMs, backoffMs);
    this.#retryTimer = this.#platform.clock.setTimeout(() => {
      if (this.#move("retry")) this.#attempt();
    }, retryInMs);
    if (wasUp) this.#events.down();
    this.#events.state("waiting", { ...end, retryInMs });
  }

  /** The network is there again, or somebody looks: what waits is tried now. */
  #networkBack(): void {
    this.#backoff.reset();
    if (this.#platform.clock.now() >= this.#notBefore && this.#move("retry")) this.#attempt();
  }

  #closed(detail: StateDetail): void {
    this.#refresher?.stop();
    this.#credentials = undefined;
    this.#notBefore = 0;
    this.#backoff.reset();
    this.#unwatchNetwork?.();
    this.#unwatchNetwork = undefined;
    this.#events.closed(detail);
    this.#events.state("closed", detail);
  }
}
