import { type Connect, checkName, formatLimits, type HistoryMessage, type Member, parseClientMessage } from "@openline/wire";
import { Access } from "./access/access.ts";
import { Claims } from "./access/claims.ts";
import type { Revocation } from "./access/identity.ts";
import { mostRevocationMs, Revocations, type RevocationsLink } from "./access/revocations.ts";
import { UserCap } from "./access/user-cap.ts";
import { assign, remind, type Wishes } from "./assignment.ts";
import { RoomLimitError } from "./broker.ts";
import { Timer } from "./clock.ts";
import { Connection } from "./connection.ts";
import { ControlRoom, type Order, type Whom } from "./control-room.ts";
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
import { authorOf, entryText } from "./message-text.ts";
import { encodePosition } from "./position.ts";
import { publicationOf, sizeRefusal } from "./publication.ts";
import { type RequestHandler, RequestHandlers } from "./request-handlers.ts";
import { Room } from "./room.ts";
import { Session } from "./session.ts";
import { type Settings, settingsOf } from "./settings.ts";
import type { Transport } from "./transport.ts";
import { UserDirectory, userRoom } from "./user-directory.ts";

/** A room of this node with what keeps it open: its members, and the work that is under way in it. */
interface OpenRoom {
  readonly room: Room;
  readonly opened: Promise<void>;
  /** Ends the time for which the rules keep it open without members. */
  readonly emptied: Timer;
  holds: number;
}

/**
 * Rooms, sessions and their connections on one node. Give it each transport with `open`, publish from the application with `publish`,
 * and end it with `close`.
 */
export class Hub {
  readonly #settings: Settings;
  readonly #connections = new Set<Connection>();
  readonly #sessions = new Map<string, Session>();
  readonly #rooms = new Map<string, OpenRoom>();
  /** @internal */
  readonly users: UserDirectory;
  /** @internal */
  readonly requests: RequestHandlers;
  /** @internal */
  readonly access: Access;
  readonly #revocations: Revocations | undefined;
  readonly #claims: Claims;
  readonly #userCap: UserCap;
  readonly #control: ControlRoom;
  #closedWith: 1001 | 1012 | undefined;
  /** Connections that it ever had. */
  #opened = 0;

  constructor(options: HubOptions) {
    this.#settings = settingsOf(options);
    this.users = new UserDirectory(this.#settings);
    this.requests = new RequestHandlers(this.#settings);
    const { access, broker, clock, ids } = this.#settings;
    this.#revocations = access?.revocations === true ? new Revocations(this.#revocationsLink()) : undefined;
    this.access = new Access(this.#settings, this.#revocations);
    this.#claims = new Claims(broker, clock, ids);
    this.#userCap = new UserCap(access?.connectionsPerUser ?? Number.POSITIVE_INFINITY);
    this.#control = new ControlRoom(this.#settings, (order) => {
      this.#obey(order).catch((error: unknown) => this.#settings.log({ type: "fault", error }));
    });
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Bytes that wait in the hub for slow connections. */
  get queuedBytes(): number {
    let bytes = 0;
    for (const connection of this.#connections) bytes += connection.queuedBytes;
    return bytes;
  }

  /** What a metrics page shows. */
  stats(): HubStats {
    let spilled = 0;
    for (const { room } of this.#rooms.values()) spilled += room.spilledCount;
    const { connectionCount: connections, sessionCount: sessions, queuedBytes } = this;
    return { connections, sessions, rooms: this.#rooms.size, queuedBytes, spilled, ...copyOf(this.#settings.counters) };
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
    this.#control.listen();
    if (this.#closedWith !== undefined) connection.close(this.#closedWith, "the hub is closed");
    return connection;
  }

  /** Publishes a message of the application's own. Never rejects: what the caller did wrong is `rejected`, with a code of the wire's table. */
  async publish(room: string, publication: HubPublication): Promise<PublishOutcome> {
    const { data, id, user, subject, ephemeral = false } = publication;
    const refused = this.#check(room, publication);
    if (refused !== undefined) return refused;
    const author = authorOf(user, undefined);
    const scope = subject === undefined ? "application" : `subject:${subject}`;
    const encoded = publicationOf(this.#settings, { room, data, id, author, scope });
    const { broker, log, observe, counters } = this.#settings;
    const deed = { type: "publish", room, data, ...(user !== undefined && { user }), ...(id !== undefined && { id }) } as const;
    try {
      if (ephemeral) {
        broker.signal(room, { content: encoded.content, time: encoded.time });
        counters.published++;
        observe(deed);
        return { outcome: "sent" };
      }
      const outcome = await broker.publish(room, encoded);
      if (outcome.outcome === "unknown") return outcome;
      if (outcome.outcome !== "conflict") {
        const position = encodePosition(outcome.position);
        if (outcome.outcome === "stored") {
          counters.published++;
          observe({ ...deed, position });
        }
        return { outcome: outcome.outcome, position };
      }
      return { outcome: "rejected", code: "id-conflict", message: `id ${JSON.stringify(id)} was used with other data in this room` };
    } catch (error) {
      if (error instanceof RoomLimitError) return { outcome: "rejected", code: "room-limit", message: error.message };
      log({ type: "fault", error });
      return { outcome: "unknown" };
    }
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
    const kept = await this.#settings.broker.rooms();
    const summaries: RoomSummary[] = [];
    for (const { room, messages, top } of kept) {
      if (room.startsWith("$")) continue;
      const members = this.#rooms.get(room)?.room.memberCount ?? 0;
      if (members > 0 || messages > 0) summaries.push({ room, members, messages, position: encodePosition(top) });
    }
    return summaries.toSorted((one, other) => (one.room < other.room ? -1 : 1));
  }

  /** The members of a room, those of other nodes included; at most 1,000. */
  async members(room: string): Promise<readonly Member[]> {
    return (await this.presence(room)).members;
  }

  /**
   * Who is in a room, on all nodes, in pages.
   * @throws RangeError for a `limit` that is no whole number from 1 to 1,000; what the broker threw.
   */
  async presence(room: string, { after = "", limit = formatLimits.membersListed }: PresenceQuery = {}): Promise<Presence> {
    checkLimit(limit, formatLimits.membersListed);
    const open = this.hold(room);
    try {
      await open.opened;
      const later = open.room.members.filter(({ session }) => session > after);
      const members = later.toSorted((one, other) => (one.session < other.session ? -1 : 1)).slice(0, limit);
      const next = later.length > limit ? members.at(-1)?.session : undefined;
      return { members, ...(next !== undefined && { next }), memberCount: open.room.memberCount };
    } finally {
      this.release(open);
    }
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

  /** How many connected sessions a user has, on all nodes: 0 when the user is offline. @throws what the broker threw. */
  async sessionsOf(user: string): Promise<number> {
    return await this.users.count(user);
  }

  /**
   * Puts a session, or all sessions of a user, into a room; the clients are told by `joined`, and those that are away when they come back (`client.on("room")`).
   * Resolves when it is done here, with the number of sessions of this node that are in the room then; on other nodes it takes the time that the broker takes.
   * @throws TypeError when `room`, `rewind` or `data` break the wire's rules; RangeError when a session is in as many rooms as it may be; what the broker threw.
   */
  async join(whom: Whom, room: string, { rewind = 0, presence = false, data }: PutOptions = {}): Promise<number> {
    const wishes = { room, rewind, presence, ...(data !== undefined && { data }) };
    this.#checkWishes(wishes);
    this.#control.tell({ do: "join", ...whom, ...wishes });
    return await this.#joinHere(whom, wishes);
  }

  /**
   * Takes a session, or all sessions of a user, out of a room. The clients are told by `left` with `code` and `message`; one that is away when it comes
   * back. It may join again, unless something refuses that. Resolves when it is done here, with the number of sessions of this node that were in the room.
   */
  async leave(
    whom: Whom,
    room: string,
    { code = "removed", message = "the application took the session out of the room" }: LeaveReason = {},
  ): Promise<number> {
    this.#control.tell({ do: "leave", ...whom, room, code, message });
    return await this.#leaveHere(whom, room, { code, message });
  }

  /**
   * Ends a session, or all sessions of a user, on all nodes: their connections are closed with 4404 and `reason`, which asks them not to come back, and they
   * are out of their rooms at once. They may come in again if the guard lets them. On other nodes it takes the time that the broker takes.
   * Returns how many connected sessions of this node it met.
   */
  disconnect(whom: Whom, reason = "disconnected by the application"): number {
    const met = this.#disconnectHere(whom, reason);
    this.#control.tell({ do: "disconnect", ...whom, reason });
    return met;
  }

  async #obey(order: Order): Promise<void> {
    if (order.do === "disconnect") this.#disconnectHere(order, order.reason);
    else if (order.do === "leave") await this.#leaveHere(order, order.room, order);
    else {
      const { room, rewind, presence, data } = order;
      await this.#joinHere(order, { room, rewind, presence, ...(data !== undefined && { data }) });
    }
  }

  #sessionsHere(whom: Whom): readonly Session[] {
    if ("user" in whom) return [...this.#sessions.values()].filter(({ user }) => user === whom.user);
    const known = this.#sessions.get(whom.session);
    return known === undefined ? [] : [known];
  }

  async #joinHere(whom: Whom, wishes: Wishes): Promise<number> {
    const context = { hub: this, settings: this.#settings };
    const sessions = this.#sessionsHere(whom);
    const ends = await Promise.all(
      sessions.map((session) => session.lanes.run(wishes.room, async () => await assign({ ...context, session }, wishes))),
    );
    return ends.filter(Boolean).length;
  }

  async #leaveHere(whom: Whom, room: string, { code, message }: Required<LeaveReason>): Promise<number> {
    const ends = await Promise.all(
      this.#sessionsHere(whom).map((session) =>
        session.lanes.run(room, () => {
          if (!session.leave(room)) return false;
          session.removals.set(room, message);
          session.connection?.send({ type: "left", room, code, message });
          return true;
        }),
      ),
    );
    return ends.filter(Boolean).length;
  }

  #checkWishes(wishes: Wishes): void {
    const parsed = parseClientMessage(JSON.stringify({ ...wishes, type: "join", ref: 0 }), this.#settings.limits);
    if (!parsed.ok) throw new TypeError(parsed.error.message);
    if (wishes.room.startsWith("$")) throw new TypeError(`room ${JSON.stringify(wishes.room)} begins with $ and belongs to the system`);
  }

  #remind(session: Session, room: string): void {
    session.lanes.add(room, async () => await remind({ hub: this, settings: this.#settings, session }, room));
  }

  #disconnectHere(whom: Whom, reason: string): number {
    const met = this.#sessionsHere(whom);
    const connected = met.filter(({ connection }) => connection !== undefined).length;
    for (const one of met) {
      one.connection?.close(4404, reason);
      one.end("closed");
    }
    return connected;
  }

  /**
   * Closes the connections one after another, spread evenly over `spreadMs`, so that their clients do not all come back at once (R5, R8); then does what `close`
   * does, which also ends the waiting. Give it no more transports meanwhile.
   */
  async drain(code: 1001 | 1012 = 1001, spreadMs = 0): Promise<void> {
    const leaving = [...this.#connections];
    const { clock } = this.#settings;
    const began = clock.now();
    for (let told = 0; told < leaving.length && this.#closedWith === undefined; ) {
      const passed = spreadMs > 0 ? (clock.now() - began) / spreadMs : 1;
      const due = Math.min(leaving.length, 1 + Math.floor(passed * leaving.length));
      while (told < due) leaving[told++]?.close(code, farewells[code]);
      if (told < leaving.length) await new Promise<void>((resolve) => void clock.setTimeout(resolve, drainStepMs));
    }
    this.close(code);
  }

  /** Closes every connection, ends every session, lets go of every room, and refuses what comes later. 1001: going away; 1012: restarting. */
  close(code: 1001 | 1012 = 1001): void {
    if (this.#closedWith !== undefined) return;
    this.#closedWith = code;
    for (const connection of this.#connections) connection.close(code, farewells[code]);
    // The rooms go first: nobody is left who should be told that the others leave.
    for (const { room, emptied } of this.#rooms.values()) {
      emptied.clear();
      room.close();
    }
    this.#rooms.clear();
    for (const session of this.#sessions.values()) session.end("shutdown");
    this.users.close();
    this.#revocations?.close();
    if (this.#settings.ownsBroker) this.#settings.broker.close();
  }

  /** For a connection: the session that its `connect` names and proves, or a new one. @internal */
  takeSession(
    connection: Connection,
    request: Pick<Connect, "session"> & { readonly user?: string | undefined },
  ): { session: Session; resumed: boolean } {
    const known = request.session === undefined ? undefined : this.#sessions.get(request.session.id);
    const { subject } = connection.info;
    const isProved = known !== undefined && isSame(known.secret, request.session?.resume ?? "") && known.subject === subject;
    const session = isProved ? known : this.#startSession(request.user, subject);
    const older = session.attach(connection);
    older?.close(4405, "the session was taken over by a newer connection");
    for (const [room, { assignment }] of session.memberships) if (assignment?.isTold === false) this.#remind(session, room);
    this.#settings.log({ type: isProved ? "session-resumed" : "session-started", session: session.id });
    return { session, resumed: isProved };
  }

  /** For a connection: counts it for its user; false when there are too many. A connection that it takes over is about to end. @internal */
  countUser(user: string, { session }: Connect): boolean {
    const known = session === undefined ? undefined : this.#sessions.get(session.id);
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
    if (this.#connections.size === 0 && this.#sessions.size === 0) this.#control.rest();
  }

  /** Opens a room, or keeps it open, until `release`. @internal */
  hold(name: string): OpenRoom {
    let open = this.#rooms.get(name);
    if (open === undefined) {
      const room = new Room(this.#settings, name);
      const emptied = new Timer(this.#settings.clock, () => this.#closeRoom(name));
      const opening: OpenRoom = { room, opened: room.open(), emptied, holds: 0 };
      open = opening;
      this.#rooms.set(name, open);
      // The store could not be asked: the next one who comes asks again. Who waits hears of it by `opened`.
      opening.opened.catch(() => {
        if (this.#rooms.get(name) === opening) this.#closeRoom(name);
      });
    }
    open.emptied.clear();
    open.holds++;
    return open;
  }

  /** @internal */
  release(open: OpenRoom): void {
    open.holds--;
    this.#closeIfEmpty(open);
  }

  /** @internal */
  openRoom(name: string): Room | undefined {
    return this.#rooms.get(name)?.room;
  }

  #revocationsLink(): RevocationsLink {
    const { broker, clock, log } = this.#settings;
    return {
      broker,
      clock,
      end: (revocation, at) => {
        log({ type: "revoked", revocation });
        this.#endRevoked(revocation, at);
      },
      cutOff: () => {
        log({ type: "cut-off", connections: this.#connections.size });
        for (const connection of this.#connections) connection.close(1011, "the node is cut off from its store");
      },
      fault: (error) => log({ type: "fault", error }),
    };
  }

  #endRevoked(revocation: Revocation, at: number): void {
    for (const connection of this.#connections) {
      const { session } = connection;
      if (!isRevoked(revocation, at, connection)) continue;
      connection.refuse(undefined, "revoked", "the login was revoked");
      session?.end("revoked");
    }
    if ("session" in revocation) this.#sessions.get(revocation.session)?.end("revoked");
    if (!("user" in revocation)) return;
    for (const session of this.#sessions.values())
      if (session.subject === revocation.user && session.connection === undefined) session.end("revoked");
  }

  #closeIfEmpty(open: OpenRoom): void {
    if (open.holds > 0 || open.room.memberships.size > 0 || this.#rooms.get(open.room.name) !== open) return;
    const { keepEmptyMs } = open.room.rules;
    if (keepEmptyMs > 0) open.emptied.set(keepEmptyMs);
    else this.#closeRoom(open.room.name);
  }

  #closeRoom(name: string): void {
    const open = this.#rooms.get(name);
    this.#rooms.delete(name);
    open?.room.close();
  }

  #startSession(user: string | undefined, subject: string | undefined): Session {
    const session = new Session({
      settings: this.#settings,
      user,
      subject,
      onAway: (membership, name, lastSeen) => this.#rooms.get(name)?.room.away(membership, lastSeen),
      onPresence: (changed, isConnected) => {
        if (user === undefined) return;
        if (isConnected) this.users.add(user, changed);
        else this.users.remove(user, changed);
      },
      remind: (owner, name) => this.#remind(owner, name),
      leave: (membership, name) => {
        const open = this.#rooms.get(name);
        if (open === undefined) return;
        open.room.exit(membership.session);
        this.#closeIfEmpty(open);
      },
      onEnd: (ended, reason) => {
        this.#sessions.delete(ended.id);
        this.#restIfDeserted();
        this.#settings.log({ type: "session-ended", session: ended.id, reason });
      },
    });
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The same rules as for a client's publish: the publication is read as one. */
  #check(room: string, publication: HubPublication): PublishOutcome | undefined {
    const { data, id, user, ephemeral } = publication;
    if (this.#closedWith !== undefined) return { outcome: "rejected", code: "internal", message: "the hub is closed" };
    let text: string;
    try {
      text = JSON.stringify({ type: "publish", ref: 0, room, data, ...(id !== undefined && { id }), ...(ephemeral && { ephemeral }) });
    } catch (error) {
      return { outcome: "rejected", code: "bad-message", message: `data is no JSON value: ${String(error)}` };
    }
    const parsed = parseClientMessage(text, this.#settings.limits);
    if (!parsed.ok) return { outcome: "rejected", code: parsed.error.code, message: parsed.error.message };
    const wrong = user === undefined ? undefined : checkName(user, this.#settings.limits.nameBytes);
    if (wrong !== undefined) return { outcome: "rejected", code: "bad-name", message: `user ${wrong}` };
    const tooLarge = sizeRefusal(room, data, this.#settings.rules.of(room).messageBytes);
    if (tooLarge !== undefined) return { outcome: "rejected", ...tooLarge };
    if (!room.startsWith("$")) return undefined;
    return { outcome: "rejected", code: "forbidden", message: `room ${JSON.stringify(room)} begins with $ and belongs to the system` };
  }
}

/** What clients are told at the end. */
const farewells = { 1001: "the server is going away", 1012: "the server restarts" } as const;
const drainStepMs = 20;

function isRevoked(revocation: Revocation, at: number, { identity, info, session }: Connection): boolean {
  if ("session" in revocation) return session?.id === revocation.session;
  if ("token" in revocation) return identity?.tokenId === revocation.token;
  return info.subject === revocation.user && (identity?.issuedAt ?? 0) <= at;
}

function checkLimit(limit: number, most: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > most) throw new RangeError(`limit must be from 1 to ${most}, not ${limit}`);
}

/** Compares without telling by its time how far they agree. */
function isSame(secret: string, given: string): boolean {
  let difference = secret.length ^ given.length;
  for (let index = 0; index < secret.length; index++) difference |= secret.charCodeAt(index) ^ given.charCodeAt(index);
  return difference === 0;
}
