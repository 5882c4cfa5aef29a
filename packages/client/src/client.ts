import type { Connected, ErrorMessage, Joined, Published, ServerMessage } from "@openline/wire";
import { errorRule } from "@openline/wire";
import { fullJitterMs } from "./backoff.ts";
import { Emitter } from "./emitter.ts";
import { ClientError } from "./errors.ts";
import { jsonCopy, jsonText } from "./json-text.ts";
import { Link, type StateDetail } from "./link.ts";
import { Membership, type MembershipOptions, type RoomLink } from "./membership.ts";
import {
  type ClientOptions,
  checkedAscii,
  checkedName,
  checkedPosition,
  checkedRewind,
  type ResolvedOptions,
  resolveOptions,
} from "./options.ts";
import { Outbox, type PublishResult } from "./outbox.ts";
import type { Platform, SocketLike } from "./platform.ts";
import { contentOf, inquire, type Request, Requests } from "./requests.ts";
import type { Ephemeral, JoinOptions, PublishOptions, Room } from "./room.ts";
import type { ClientState } from "./states.ts";
import { hubUrl } from "./url.ts";

/** The client's events and what their listeners get. */
export interface ClientEvents {
  /** The state has changed; `detail` says why and what comes next. */
  state: [state: ClientState, detail: StateDetail];
  /** Nothing is heard any more: `maxMissedHeartbeats` pings had no answer, or the platform says that the network is gone. The client goes on trying. */
  offline: [cause: "heartbeat-timeout" | "offline"];
  /** The application on the server has put this session into a room, which the client was not in. Listen to it here: what follows comes right after. */
  room: [room: Room];
  /** Somebody, or the application, sent to this user. */
  direct: [message: Ephemeral];
  /** What belongs to no request and no room, a listener that threw, and what a room's own `error` listeners did not take. Without a listener it is thrown asynchronously. */
  error: [error: ClientError];
}

/**
 * One line to a hub, whatever happens to the sockets below: it connects, watches for life, comes back with backoff, joins its rooms
 * again where the application stands in each, and sends again what was not acknowledged.
 *
 * Next: {@link HubClient.join} a room and listen. The entries of this package export it as `Client`, with their platform filled in.
 */
export class HubClient {
  /** The hub's WebSocket address. */
  readonly url: string;
  readonly #platform: Platform;
  readonly #options: ResolvedOptions;
  readonly #emitter: Emitter<ClientEvents>;
  readonly #link: Link;
  readonly #requests: Requests;
  readonly #outbox: Outbox;
  readonly #rooms = new Map<string, Membership>();
  /** Left while there was no connection: the server is told when there is one. */
  readonly #leftAway = new Set<string>();
  readonly #roomLink: RoomLink;
  readonly #idPrefix: string;
  #published = 0;
  #connected: Connected | undefined;

  /**
   * @param url Relative (against the page), http(s) or ws(s); `/hub` is appended to its folder unless it ends so.
   * @throws ClientError `bad-url`, `insecure-url`, `bad-option`, `bad-name`, `no-websocket`.
   */
  constructor(url: string, options: ClientOptions, platform: Platform) {
    this.#options = resolveOptions(options);
    this.#platform = { ...platform, ...(options.clock && { clock: options.clock }), ...(options.random && { random: options.random }) };
    this.url = hubUrl(url, platform);
    this.#idPrefix = platform.uniqueName();
    this.#emitter = new Emitter((error) => {
      platform.reportError(error.code === "listener-failed" ? error.cause : error);
    });
    this.#link = new Link(
      this.#platform,
      this.#options,
      () => this.#openSocket(options.WebSocket ?? platform.webSocket()),
      this.#linkEvents(),
    );
    this.#requests = new Requests((text) => this.#link.send(text));
    this.#outbox = new Outbox(
      { clock: this.#platform.clock, send: (text) => this.#link.send(text), retryDelayMs: this.#retryDelayMs },
      this.#options.outboundLimit,
    );
    this.#roomLink = this.#linkForRooms();
    if (this.#options.autoConnect) this.connect();
  }

  /** Where the client stands; docs/client.md draws the table. */
  get state(): ClientState {
    return this.#link.state;
  }

  /** The session's public id, the one that others see; `undefined` before the first `connected` and after `close()`. */
  get session(): string | undefined {
    return this.#link.sessionId;
  }

  /** The user's name as the server has it, before that the option's. */
  get user(): string | undefined {
    return this.#connected?.user ?? this.#options.user;
  }

  /** How many stored publishes wait for their acknowledgement. */
  get unacknowledged(): number {
    return this.#outbox.size;
  }

  /** Calls `listener` at each event `name` from now on. Returns the function that ends it. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (...details: ClientEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /**
   * Connects now: for the first time, ahead of a retry's time, or after the end. Nothing happens while connected or connecting.
   * @throws ClientError `no-websocket`.
   */
  connect(): void {
    this.#link.connect();
  }

  /**
   * Ends the session (close code 1000). Publishes that wait reject with `closed`, those under way with `unknown`. Rooms are kept:
   * after another {@link HubClient.connect} they are joined again.
   */
  close(): void {
    this.#link.close();
  }

  /**
   * Breaks the connection as a bad network would, keeps the session, and comes back after `forMs`, or after the usual backoff.
   * Nothing happens while idle or closed.
   * @throws ClientError `bad-option` when `forMs` is not a number from 0 to 2³¹ - 1.
   */
  interrupt({ forMs }: { readonly forMs?: number } = {}): void {
    this.#link.interrupt(forMs);
  }

  /**
   * Enters a room and stays in it over every reconnect until `leave()`. May be called at any time, connected or not. Joining again
   * gives the same {@link Room}, with the options of the first join. `T` is the type of the room's data, as the application knows it.
   * @throws ClientError `bad-name`, `bad-option`, `bad-data`.
   */
  join<T = unknown>(name: string, options: JoinOptions = {}): Room<T> {
    const room = this.#rooms.get(checkedName("room", name)) ?? this.#enter(name, options);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the application vouches for its own data by naming T
    return room as Room<T>;
  }

  /**
   * Publishes to a room, joined or not. Resolves when the server has stored it; while away it waits, in order, up to `outboundLimit`.
   * With `ephemeral` it resolves when the server has passed it on, or with `dropped: true` when it was not sent.
   *
   * The promise rejects with a ClientError: `queue-full`, `too-large`, `bad-data`, `bad-name`, `bad-publish-id`, `closed`, the server's code, or
   * `unknown` when the message may or may not be stored (the server has forgotten the session or the id).
   */
  async publish(room: string, data: unknown, options: PublishOptions = {}): Promise<PublishResult> {
    checkedName("room", room);
    if (this.state === "closed") throw new ClientError("closed");
    const json = jsonText(data);
    if (options.ephemeral === true) return this.#publishEphemeral(room, json);
    const ref = this.#requests.nextRef();
    const id = checkedAscii("bad-publish-id", "id", options.id ?? `${this.#idPrefix}-${this.#published++}`, 64);
    // `data` is text already: encoding the rest around it saves parsing it, and it stays as it was when it was published.
    const head = JSON.stringify({ type: "publish", ref, room, id });
    return this.#outbox.add(ref, room, `${head.slice(0, -1)},"data":${json}}`);
  }

  /**
   * Sends to every connection of a user; they hear `direct`. `delivered` says how many sessions were connected: 0 when the user is offline. Nothing is stored.
   * The promise rejects with a ClientError: `bad-name`, `bad-data`, `not-connected`, `disconnected` (it may have arrived), or the server's code.
   */
  async send(user: string, data: unknown): Promise<{ readonly delivered: number }> {
    checkedName("user", user);
    const request: Request = { type: "send", user, data: jsonCopy(data) };
    return await inquire(this.#roomLink, request, "sent", contentOf);
  }

  /**
   * Asks the application's handler of this name and resolves with what it gives.
   * The promise rejects with a ClientError: `bad-name`, `bad-data`, `not-connected`, `disconnected` (it may have acted), or the server's code: `no-handler`,
   * `request-failed` with the application's message, `request-timeout` …
   */
  async request(name: string, data: unknown = null): Promise<unknown> {
    checkedName("request", name);
    const request: Request = { type: "request", name, data: jsonCopy(data) };
    return await inquire(this.#roomLink, request, "response", (answer) => answer.data);
  }

  #enter(name: string, { rewind = this.#options.rewind, position, presence = false, data }: JoinOptions): Membership {
    const copy: unknown = data === undefined ? undefined : jsonCopy(data);
    const room = this.#newRoom(name, { rewind: checkedRewind(rewind), position: checkedPosition(position), presence, data: copy });
    room.join();
    return room;
  }

  #newRoom(name: string, options: MembershipOptions): Membership {
    const room = new Membership(name, options, this.#roomLink);
    this.#rooms.set(name, room);
    return room;
  }

  #publishEphemeral(room: string, json: string): Promise<PublishResult> {
    return new Promise((resolve, reject) => {
      const behind = this.#link.bufferedAmount > this.#options.outboundLimit.bytes;
      const sent =
        !behind &&
        this.#requests.ask({ type: "publish", room, data: JSON.parse(json) as unknown, ephemeral: true }, (answer) => {
          if (!(answer instanceof ClientError)) resolve({});
          else if (answer.code === "disconnected") resolve({ dropped: true });
          else reject(answer);
        });
      if (!sent) resolve({ dropped: true });
    });
  }

  #openSocket(WebSocket: (new (url: string, protocols?: string | string[]) => SocketLike) | undefined): SocketLike {
    if (WebSocket === undefined) throw new ClientError("no-websocket");
    // Where too many come at once, those go first who had a session before (the wire's `resumeFlag`; as text it is some bytes less).
    const mark = this.session ? (/\?/.test(this.url) ? "&resume" : "?resume") : "";
    return new WebSocket(this.url + mark, this.#options.subprotocol || undefined);
  }

  #linkEvents(): ConstructorParameters<typeof Link>[3] {
    return {
      up: (connected, transitMs) => {
        this.#up(connected, transitMs);
      },
      message: (message) => {
        this.#receive(message);
      },
      down: () => {
        this.#down();
      },
      fault: this.#emitter.report,
      closed: (detail) => {
        this.#down();
        this.#outbox.close(detail.reason ?? "closed");
      },
      state: (state, detail) => {
        this.#emitter.emit("state", state, detail);
        if (detail.cause === "heartbeat-timeout" || detail.cause === "offline") this.#emitter.emit("offline", detail.cause);
      },
    };
  }

  #linkForRooms(): RoomLink {
    return {
      clock: this.#platform.clock,
      ask: (request, answer) => this.#requests.ask(request, answer),
      publish: (room, data, options) => this.publish(room, data, options),
      retryDelayMs: this.#retryDelayMs,
      forget: (room, isTold) => {
        this.#rooms.delete(room);
        if (!isTold) this.#leftAway.add(room);
      },
      report: this.#emitter.report,
    };
  }

  readonly #retryDelayMs = (attempt: number): number => fullJitterMs(this.#options.reconnect, attempt, this.#platform.random);

  #up(connected: Connected, transitMs: number): void {
    this.#connected = connected;
    const { limits, resumed } = connected;
    for (const room of this.#leftAway) if (resumed && !this.#rooms.has(room)) this.#requests.ask({ type: "leave", room }, () => {});
    this.#leftAway.clear();
    for (const room of this.#rooms.values()) room.join();
    const messageBytes = limits.messageBytes - this.#link.tokenBytes;
    this.#outbox.up({ limits: { ...limits, messageBytes }, resumed, transitMs });
  }

  #down(): void {
    for (const room of this.#rooms.values()) room.down();
    this.#requests.down();
  }

  #receive(message: ServerMessage): void {
    if (message.type === "error") this.#refused(message);
    else if (message.type === "published") this.#acknowledged(message);
    else if (message.type === "direct") this.#emitter.emit("direct", contentOf(message));
    else if (message.type === "joined" && message.ref === undefined) this.#putInto(message);
    else {
      if ("ref" in message && message.ref !== undefined) this.#requests.answer(message.ref, message);
      // The answer to an earlier "leave", too: it ends a stay for which the server put the session in meanwhile.
      if ("room" in message) this.#rooms.get(message.room)?.receive(message);
    }
  }

  #putInto(message: Joined): void {
    const known = this.#rooms.get(message.room);
    const room =
      known ??
      this.#newRoom(message.room, {
        rewind: this.#options.rewind,
        position: undefined,
        presence: message.members !== undefined,
        data: undefined,
      });
    if (known === undefined) this.#emitter.emit("room", room);
    room.putIn(message);
  }

  #acknowledged(message: Published): void {
    if (!this.#outbox.settle(message.ref, contentOf(message))) this.#requests.answer(message.ref, message);
  }

  #refused({ ref, code, message, retryAfterMs }: ErrorMessage): void {
    const error = new ClientError(code, message, { retryAfterMs });
    if (ref !== undefined) {
      if (!this.#outbox.refuse(ref, error)) this.#requests.answer(ref, error);
    } else if (errorRule(code)?.closeCode === undefined) this.#emitter.report(error);
  }
}
