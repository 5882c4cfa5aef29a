import { type Connect, checkName, formatLimits, type HistoryMessage, type Member } from "@openline/wire";
import { Access } from "./access/access.ts";
import { Claims } from "./access/claims.ts";
import type { Revocation } from "./access/identity.ts";
import { mostRevocationMs, Revocations, type RevocationsLink } from "./access/revocations.ts";
import { UserCap } from "./access/user-cap.ts";
import { ApplicationPublisher } from "./application-publisher.ts";
import { Connection } from "./connection.ts";
import { Connections } from "./connections.ts";
import type { Whom } from "./control-room.ts";
import { copyOf } from "./counters.ts";
import { History } from "./history.ts";
import { historyPage } from "./history-page.ts";
import type {
  ConnectionInfo,
  HistoryPart,
  HistoryQuery,
  HubOptions,
  HubPublication,
  HubStats,
  LeaveReason,
  Presence,
  PresenceQuery,
  PublishOutcome,
  PutOptions,
  RoomSummary,
  UserSummary,
} from "./hub-options.ts";
import { entryText } from "./message-text.ts";
import { OpenRooms } from "./open-rooms.ts";
import { Orders } from "./orders.ts";
import { publicationOf } from "./publication.ts";
import { type RequestHandler, RequestHandlers } from "./request-handlers.ts";
import { Sessions } from "./sessions.ts";
import { type Settings, settingsOf } from "./settings.ts";
import type { Transport } from "./transport.ts";
import { UserDirectory, userRoom } from "./user-directory.ts";

/**
 * Rooms, sessions and their connections on one node. Give it each transport with `open`, publish from the application with `publish`,
 * and end it with `close`.
 */
export class Hub {
  readonly #settings: Settings;
  readonly #connections: Connections;
  /** @internal */
  readonly openRooms: OpenRooms;
  /** @internal */
  readonly sessions: Sessions;
  /** @internal */
  readonly users: UserDirectory;
  /** @internal */
  readonly requests: RequestHandlers;
  /** @internal */
  readonly access: Access;
  readonly #revocations: Revocations | undefined;
  readonly #claims: Claims;
  readonly #userCap: UserCap;
  readonly #orders: Orders;
  readonly #publisher: ApplicationPublisher;
  #closedWith: 1001 | 1012 | undefined;
  /** Connections that it ever had. */
  #opened = 0;

  constructor(options: HubOptions) {
    this.#settings = settingsOf(options);
    this.#connections = new Connections(this.#settings.clock);
    this.users = new UserDirectory(this.#settings);
    this.openRooms = new OpenRooms(this.#settings);
    const { users, openRooms: rooms } = this;
    this.sessions = new Sessions({ settings: this.#settings, rooms, users, onEnd: () => this.#restIfDeserted() });
    this.requests = new RequestHandlers(this.#settings);
    const { access, broker, clock, ids } = this.#settings;
    this.#revocations = access?.revocations === true ? new Revocations(this.#revocationsLink()) : undefined;
    this.access = new Access(this.#settings, this.#revocations);
    this.#claims = new Claims(broker, clock, ids);
    this.#userCap = new UserCap(access?.connectionsPerUser ?? Number.POSITIVE_INFINITY, access?.userTally);
    this.#orders = new Orders(this.#settings, this.openRooms, this.sessions);
    this.#publisher = new ApplicationPublisher(this.#settings);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  get sessionCount(): number {
    return this.sessions.size;
  }

  /** Bytes that wait in the hub for slow connections. */
  get queuedBytes(): number {
    return this.#connections.queuedBytes;
  }

  /** What a metrics page shows. */
  stats(): HubStats {
    const { connectionCount: connections, sessionCount: sessions, queuedBytes } = this;
    const { size: rooms, spilledCount: spilled } = this.openRooms;
    return { connections, sessions, rooms, queuedBytes, spilled, ...copyOf(this.#settings.counters) };
  }

  /**
   * Takes a transport that has just opened. Hand its messages and its end to the connection that is returned. A hub that was closed
   * closes the transport at once with the same code.
   */
  open(transport: Transport, info: ConnectionInfo = {}): Connection {
    const id = `${this.#settings.node}.${++this.#opened}`;
    const connection = new Connection(this, this.#settings, transport, info, id);
    this.#connections.add(connection);
    const { remoteAddress } = info;
    const from = remoteAddress === undefined ? {} : { remoteAddress };
    this.#settings.log({ type: "connection-opened", connection: id, transport: transport.kind, ...from });
    this.#orders.listen();
    if (this.#closedWith !== undefined) connection.close(this.#closedWith, "the hub is closed");
    return connection;
  }

  /** Publishes a message of the application's own. Never rejects: what the caller did wrong is `rejected`, with a code of the wire's table. */
  async publish(room: string, publication: HubPublication): Promise<PublishOutcome> {
    if (this.#closedWith !== undefined) return { outcome: "rejected", code: "internal", message: "the hub is closed" };
    return await this.#publisher.publish(room, publication);
  }

  /**
   * Sends to every connection of a user, on all nodes. Returns how many sessions were connected: 0 when the user is offline.
   * @throws TypeError when `user` is no name or `data` no JSON value; what the broker threw.
   */
  async send(user: string, data: unknown): Promise<number> {
    const wrong = checkName(user, this.#settings.limits.nameBytes);
    if (wrong !== undefined) throw new TypeError(`user ${wrong}`);
    if (JSON.stringify(data) === undefined) throw new TypeError("data is no JSON value");
    const { content, time } = publicationOf(this.#settings, { room: userRoom(user), data, author: "", scope: "" });
    return await this.users.send(user, { content, time });
  }

  /**
   * Answers clients' requests of this name. Returns the function that ends it. `timeoutMs`: after how long the client is told that there is no answer; default 10,000.
   * @throws TypeError when the name has a handler already.
   */
  onRequest(name: string, handler: RequestHandler, { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): () => void {
    return this.requests.add(name, handler, timeoutMs);
  }

  /** False while this node cannot learn what was revoked. Nobody is let in then: a server had better send new clients to another node. */
  get isReady(): boolean {
    return this.#revocations?.isFailing !== true;
  }

  /** Resolves when this node knows what was revoked. */
  async ready(): Promise<void> {
    await this.#revocations?.current();
  }

  /**
   * Ends what a user was granted until now, a session, or a token, on every node: connections are closed with 4406 within 2 s, and nobody comes back with it for `forMs`
   * (default one day, at most 30): choose it longer than the tokens live. Resolves when the log of revocations has it.
   * @throws TypeError when this hub follows no revocations; Error when the store did not confirm it
   */
  async revoke(revocation: Revocation, { forMs = 86_400_000 }: { readonly forMs?: number } = {}): Promise<void> {
    if (this.#revocations === undefined) throw new TypeError("this hub follows no revocations: set access.revocations");
    await this.#revocations.add(revocation, Math.min(forMs, mostRevocationMs));
  }

  /**
   * Uses something up that may be used once on all nodes, such as a ticket: true for the first one. Within `windowMs` nobody gets it again.
   * @throws Error when the store does not say
   */
  async claim(id: string, windowMs: number): Promise<boolean> {
    return await this.#claims.take(id, windowMs);
  }

  /** Every room that has members here or kept messages, by name. */
  async rooms(): Promise<RoomSummary[]> {
    return await this.openRooms.summaries();
  }

  /** The members of a room, those of other nodes included; at most 1,000. */
  async members(room: string): Promise<readonly Member[]> {
    return (await this.presence(room)).members;
  }

  /**
   * Who is in a room, on all nodes, in pages.
   * @throws RangeError for a `limit` that is no whole number from 1 to 1,000; what the broker threw.
   */
  async presence(room: string, query: PresenceQuery = {}): Promise<Presence> {
    checkLimit(query.limit ?? 1, formatLimits.membersListed);
    return await this.openRooms.presence(room, query);
  }

  /**
   * A page of what a room keeps; `undefined` when its history does not know the position, or no longer has what follows it.
   * @throws RangeError for a `limit` that is no whole number from 1 to 1,000; what the broker threw.
   */
  async history(room: string, query: HistoryQuery = {}): Promise<HistoryPart | undefined> {
    const { limit = 1 } = query;
    checkLimit(limit, formatLimits.historyMessages);
    const page = await historyPage(new History(this.#settings, room), query);
    if (page === undefined) return undefined;
    return { messages: page.messages.map((message): HistoryMessage => JSON.parse(entryText(message))), complete: page.complete };
  }

  /** Who is connected to this node. */
  usersHere(): readonly UserSummary[] {
    return this.users.here();
  }

  /** How many connected sessions of this node are meant. */
  connectedHere(whom: Whom): number {
    return this.sessions.of(whom).filter(({ connection }) => connection !== undefined).length;
  }

  /** How many connected sessions a user has, on all nodes: 0 when the user is offline. @throws what the broker threw. */
  async sessionsOf(user: string): Promise<number> {
    return await this.users.count(user);
  }

  /**
   * Puts a session, or all sessions of a user, into a room; the clients are told by `joined`, and those that are away when they come back (`client.on("room")`).
   * Resolves when it is done here, with the number of sessions of this node that are in the room then; on other nodes it takes the time that the broker takes.
   * @throws TypeError when `room`, `rewind` or `data` break the wire's rules; RangeError when a session is in as many rooms as it may be; what the broker threw.
   */
  async join(whom: Whom, room: string, options: PutOptions = {}): Promise<number> {
    return await this.#orders.join(whom, room, options);
  }

  /**
   * Takes a session, or all sessions of a user, out of a room. The clients are told by `left` with `code` and `message`; one that is away when it comes
   * back. It may join again, unless something refuses that. Resolves when it is done here, with the number of sessions of this node that were in the room.
   */
  async leave(whom: Whom, room: string, reason: LeaveReason = {}): Promise<number> {
    return await this.#orders.leave(whom, room, reason);
  }

  /**
   * Ends a session, or all sessions of a user, on all nodes: their connections are closed with 4404 and `reason`, which asks them not to come back, and they
   * are out of their rooms at once. They may come in again if the guard lets them. On other nodes it takes the time that the broker takes.
   * Returns how many connected sessions of this node it met.
   */
  disconnect(whom: Whom, reason = "disconnected by the application"): number {
    return this.#orders.disconnect(whom, reason);
  }

  /**
   * Closes the connections one after another, spread evenly over `spreadMs`, so that their clients do not all come back at once (R5, R8); then does what `close`
   * does, which also ends the waiting. Give it no more transports meanwhile. `retryWithinMs`: with 1012 each client is told to come back after a time of its own, from nothing up to this.
   */
  async drain(code: 1001 | 1012 = 1001, spreadMs = 0, retryWithinMs = 0): Promise<void> {
    const advise = (connection: Connection): void => {
      const retryAfterMs = Math.floor(this.#settings.random() * retryWithinMs);
      connection.refuse(undefined, "restarting", farewells[1012], retryAfterMs);
    };
    const end = (connection: Connection): void => {
      if (code === 1012 && retryWithinMs > 0 && connection.session !== undefined) advise(connection);
      else connection.close(code, farewells[code]);
    };
    await this.#connections.drain(end, spreadMs, () => this.#closedWith !== undefined);
    this.close(code);
  }

  /** Closes every connection, ends every session, lets go of every room, and refuses what comes later. 1001: going away; 1012: restarting. */
  close(code: 1001 | 1012 = 1001): void {
    if (this.#closedWith !== undefined) return;
    this.#closedWith = code;
    this.#connections.close(code, farewells[code]);
    // The rooms go first: nobody is left who should be told that the others leave.
    this.openRooms.close();
    this.sessions.close();
    this.users.close();
    this.#revocations?.close();
    if (this.#settings.ownsBroker) this.#settings.broker.close();
  }

  /** For a connection: counts it for its user; false when there are too many. A connection that it takes over is about to end. @internal */
  countUser(user: string, { session }: Connect): boolean {
    const known = session === undefined ? undefined : this.sessions.get(session.id);
    return this.#userCap.take(user, known?.subject === user && known.connection !== undefined ? 1 : 0);
  }

  /** @internal */
  discountUser(user: string): void {
    this.#userCap.release(user);
  }

  /** For a connection that is closed. @internal */
  forget(connection: Connection): void {
    this.#connections.delete(connection);
    this.#restIfDeserted();
  }

  /** A session may be meant while it has no connection. */
  #restIfDeserted(): void {
    if (this.#connections.size === 0 && this.sessions.size === 0) this.#orders.rest();
  }

  #revocationsLink(): RevocationsLink {
    const { broker, clock, log } = this.#settings;
    return {
      broker,
      clock,
      end: (revocation, at) => {
        log({ type: "revoked", revocation });
        this.#connections.endRevoked(revocation, at);
        this.sessions.endRevoked(revocation);
      },
      cutOff: () => {
        log({ type: "cut-off", connections: this.#connections.size });
        this.#connections.close(1011, "the node is cut off from its store");
      },
      fault: (error) => log({ type: "fault", error }),
    };
  }
}

/** What clients are told at the end. */
const farewells = { 1001: "the server is going away", 1012: "the server restarts" } as const;

function checkLimit(limit: number, most: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > most) throw new RangeError(`limit must be from 1 to ${most}, not ${limit}`);
}
