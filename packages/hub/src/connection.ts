import {
  type ClientMessage,
  type Connect,
  type ErrorCode,
  encode,
  errorTable,
  parseClientMessage,
  type Refresh,
  type ServerMessage,
  utf8Length,
  version,
} from "@openline/wire";
import type { Entry } from "./access/access.ts";
import type { Identity } from "./access/identity.ts";
import { Inbox } from "./access/inbox.ts";
import { Login } from "./access/login.ts";
import { leaveForbiddenRooms } from "./access/room-rights.ts";
import { RoomLimitError } from "./broker.ts";
import { Timer } from "./clock.ts";
import { countClose, countRefusal } from "./counters.ts";
import { type HubGuard, type Refusal, verdictOf } from "./guard.ts";
import type { Hub } from "./hub.ts";
import type { ClosedBy, ConnectionInfo } from "./hub-options.ts";
import type { Receiver } from "./membership.ts";
import type { OutboundLane } from "./outbound-lane.ts";
import { OutboundQueue, type Taken } from "./outbound-queue.ts";
import type { Position } from "./position.ts";
import type { Replay } from "./replay.ts";
import { answerRoomRequest, type RoomRequest } from "./room-requests.ts";
import type { Session } from "./session.ts";
import { answerSessionRequest, type SessionRequest } from "./session-requests.ts";
import type { Settings } from "./settings.ts";
import { type OutgoingMessage, outgoing, type Transport } from "./transport.ts";
import { userRoom } from "./user-directory.ts";

/**
 * One transport's conversation with the hub. Whoever owns the transport calls `receive` for each text message, `drained` when it has room again,
 * and `closed` once when it is gone. Nothing that a client sends makes these throw.
 */
export class Connection implements Receiver {
  /** Tells it from all others of the hub, in the log. */
  readonly id: string;
  #info: ConnectionInfo;
  readonly #hub: Hub;
  readonly #settings: Settings;
  readonly #transport: Transport;
  readonly #queue: OutboundQueue;
  readonly #connectTimer: Timer;
  #replayWaiters: (() => void)[] = [];
  #freeWaiters: (() => void)[] = [];
  #isSlow = false;
  #session: Session | undefined;
  #state: "opening" | "deciding" | "connected" | "closed" = "opening";
  /** What came while something was being decided. */
  #inbox: Inbox | undefined;
  #login: Login | undefined;
  #countedUser: string | undefined;
  #pendingBytes = 0;

  /** Made by `hub.open`. */
  constructor(hub: Hub, settings: Settings, transport: Transport, info: ConnectionInfo, id: string) {
    this.id = id;
    this.#info = info;
    this.#hub = hub;
    this.#settings = settings;
    this.#transport = transport;
    this.#queue = new OutboundQueue(transport, settings.outboundBytes, settings.counters);
    this.#connectTimer = new Timer(settings.clock, () =>
      this.refuse(undefined, "connect-timeout", `no connect within ${settings.connectTimeoutMs} ms`),
    );
    this.#connectTimer.set(settings.connectTimeoutMs);
  }

  /** The session that this connection holds; none before `connect`, after the end, or when another connection took it over. */
  get session(): Session | undefined {
    return this.#session?.connection === this ? this.#session : undefined;
  }

  /** What is known of it; who it is, as the guard said. */
  get info(): ConnectionInfo {
    return this.#info;
  }

  /** Who the client is, if that was proved. */
  get identity(): Identity | undefined {
    return this.#login?.identity;
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Bytes that wait in the hub for this connection. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** One text message came in. */
  receive(text: string): void {
    if (this.isClosed) return;
    const bytes = utf8Length(text);
    const { messageBytes } = this.#settings.limits;
    if (bytes > messageBytes) return this.close(1009, `a message has ${bytes} bytes, the limit is ${messageBytes}`);
    const parsed = parseClientMessage(text, this.#settings.limits);
    if (parsed.ok) this.#take(parsed.message, bytes);
    else this.refuse(parsed.error.ref, parsed.error.code, parsed.error.message);
  }

  /** One binary message came in: refused, the connection goes on. */
  receiveBinary(): void {
    this.refuse(undefined, "bad-message", "a message must be text, got a binary one");
  }

  /** The transport has room again after a `send` that returned false. */
  drained(): void {
    if (this.isClosed) return;
    this.#guarded(() => this.#queue.drained());
    this.#wakeReplayWaiters();
    this.#wakeFreeWaiters();
  }

  /**
   * The transport is gone. `code` is the close code that it ended with (1006 when it broke), `clean` tells that the peer closed it by a handshake of
   * its own: with 1000 or 1001 that ends the session at once. `reason` says for the log why a transport broke.
   */
  closed(code: number, clean: boolean, reason = ""): void {
    if (this.isClosed) return;
    const session = this.#leaveHub(code, "", clean ? "client" : "transport", reason);
    if (clean && (code === 1000 || code === 1001)) session?.end("closed");
    else session?.detach(this);
  }

  /** Closes the transport from this side. The session stays for its time, unless someone ends it. */
  close(code: number, reason: string): void {
    if (this.isClosed) return;
    const session = this.#leaveHub(code, reason, "hub");
    session?.detach(this);
    try {
      this.#transport.close(code, reason);
    } catch (error) {
      this.#settings.log({ type: "fault", error });
    }
  }

  /** Queues a message that may be shared with others. */
  deliver(message: OutgoingMessage): void {
    if (this.isClosed) return;
    this.#guarded(() => {
      if (!this.#queue.push(message)) this.giveUp();
    });
  }

  deliverEphemeral(message: OutgoingMessage): void {
    if (!this.isClosed) this.#guarded(() => this.#queue.pushEphemeral(message));
  }

  deliverStored(lane: OutboundLane, message: OutgoingMessage, position: Position): Taken {
    if (this.isClosed) return "too-slow";
    // A transport that throws has closed the connection: as good as too slow.
    let taken: Taken = "too-slow";
    this.#guarded(() => {
      taken = this.#queue.pushStored(lane, message, position);
      if (taken === "too-slow") this.giveUp();
      if (taken === "spilled" || lane.gap !== undefined) this.#tellSlow(lane);
    });
    return taken;
  }

  whenFree(resume: () => void): void {
    this.#freeWaiters.push(resume);
    this.#wakeFreeWaiters();
  }

  /** Closes it with 4503: the reader did not keep up. */
  giveUp(): void {
    if (this.isClosed) return;
    this.#settings.counters.tooSlow++;
    this.close(errorTable["too-slow"].closeCode ?? 4503, "too-slow");
  }

  send(message: ServerMessage): void {
    if (!this.isClosed) this.deliver(outgoing(encode(message)));
  }

  /** Says what was wrong, and closes where the table names a close code. */
  refuse(ref: number | undefined, code: ErrorCode, message: string, retryAfterMs?: number): void {
    countRefusal(this.#settings.counters, code);
    this.send({ type: "error", ...(ref !== undefined && { ref }), code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) });
    const { closeCode } = errorTable[code];
    if (closeCode !== undefined) this.close(closeCode, code);
  }

  replay(replay: Replay): void {
    if (!this.isClosed) this.#guarded(() => this.#queue.pushReplay(replay));
  }

  /** Resolves when no replay stands in the queue: one at a time keeps what a slow reader holds on to small. */
  async noReplay(): Promise<void> {
    while (this.#queue.isReplaying && !this.isClosed) {
      await new Promise<void>((resolve) => this.#replayWaiters.push(resolve));
    }
  }

  /** While something is being decided, what comes after it waits: the order is the client's. */
  #take(message: ClientMessage, bytes: number): void {
    if (message.type === "connect" && this.#state !== "opening")
      return this.refuse(message.ref, "already-connected", "a second connect on one connection");
    if (this.#inbox !== undefined) {
      const limit = this.#settings.pendingBytes;
      if (!this.#inbox.add(message, bytes)) this.refuse(refOf(message), "rate-limited", `more than ${limit} bytes of requests wait`, 1000);
      return;
    }
    const decision = this.#accept(message, bytes);
    if (decision === undefined) return;
    this.#inbox = new Inbox((next, size) => this.#accept(next, size), this.#settings.pendingBytes);
    this.#inbox.drain(decision, () => (this.#inbox = undefined)).catch((error: unknown) => this.#broken(error));
  }

  #accept(message: ClientMessage, bytes: number): Promise<void> | undefined {
    if (this.isClosed) return undefined;
    const { type } = message;
    const session = this.session;
    if (type === "connect") return this.#connect(message);
    if (session === undefined) this.refuse(refOf(message), "not-connected", `${type} came before connect`);
    else if (type === "ping") this.send({ type: "pong", ...(message.ref !== undefined && { ref: message.ref }) });
    else if (message.type !== "pong") return this.#screen(session, message, bytes);
    return undefined;
  }

  #connect(request: Connect): Promise<void> | undefined {
    if (request.version !== version) {
      this.refuse(request.ref, "unsupported-version", `version ${request.version} is not spoken here, ${version} is`);
      return undefined;
    }
    const entry = this.#hub.access.admit(request, this.#info);
    const { connect } = this.#settings.guard;
    if (entry instanceof Promise || connect !== undefined) {
      this.#state = "deciding";
      return this.#decide(request, entry, connect);
    }
    this.#enter(request, entry);
    return undefined;
  }

  async #decide(request: Connect, entering: Entry | Promise<Entry>, guard: HubGuard["connect"]): Promise<void> {
    const entry = await entering;
    if (this.#state !== "deciding") return;
    if (!entry.ok || guard === undefined) return this.#enter(request, entry);
    this.#know(entry.identity);
    const { token, session } = request;
    const user = this.#hub.access.userOf(entry.identity, request.user);
    const verdict = await verdictOf(this.#settings, guard, () => ({ user, token, info: this.#info, session: session?.id }));
    if (this.#state !== "deciding") return;
    if (verdict !== undefined && "refuse" in verdict) return this.#turnAway(request.ref, verdict.refuse);
    const { user: name = user, subject = this.#info.subject } = verdict?.change ?? {};
    if (subject !== undefined) this.#info = { ...this.#info, subject };
    const said = verdict?.change.subject;
    const identity = entry.identity ?? (said === undefined ? undefined : { subject: said, issuedAt: this.#settings.clock.now() });
    // Meanwhile it may have expired, or been revoked.
    this.#enter(request, this.#hub.access.judge(identity), name);
  }

  #know(identity: Identity | undefined): void {
    if (identity?.subject !== undefined) this.#info = { ...this.#info, subject: identity.subject };
  }

  #enter(request: Connect & { readonly token?: string }, entry: Entry, name?: string): void {
    if (!entry.ok) return this.#turnAway(request.ref, entry.refusal);
    const { identity } = entry;
    this.#know(identity);
    const { subject } = this.#info;
    if (subject !== undefined && !this.#hub.countUser(subject, request))
      return this.#turnAway(request.ref, { code: "too-many-connections", message: "the user has as many connections as are allowed" });
    this.#countedUser = subject;
    if (identity !== undefined) {
      this.#login = new Login(this.#settings.clock, () => this.refuse(undefined, "token-expired", "the token has expired"));
      this.#login.set(identity, request.token);
    }
    this.#begin(request, name ?? this.#hub.access.userOf(identity, request.user));
  }

  #screen(session: Session, message: Demand, bytes: number): Promise<void> | undefined {
    const closing = this.#hub.access.screen(message, this.#login, this.#info, session.id);
    if (closing instanceof Promise) return this.#screenLater(session, message, bytes, closing);
    if (closing === undefined) return this.#do(session, message, bytes);
    this.#closeFor(message.ref, closing);
    return undefined;
  }

  async #screenLater(session: Session, message: Demand, bytes: number, closing: Promise<string | undefined>): Promise<void> {
    const reason = await closing;
    if (this.session !== session) return;
    if (reason === undefined) await this.#do(session, message, bytes);
    else this.#closeFor(message.ref, reason);
  }

  /** RFC 6455 §7.4.1: 1008 is for a message that breaks the receiver's policy. */
  #closeFor(ref: number, reason: string): void {
    this.send({ type: "error", ref, code: "unauthorized", message: reason });
    this.#logRefusal("unauthorized", reason);
    this.close(1008, reason);
  }

  #do(session: Session, message: Demand, bytes: number): Promise<void> | undefined {
    const { messageRate, clock } = this.#settings;
    const retryAfterMs = messageRate === undefined ? 0 : session.rates.take("", messageRate, clock.now());
    if (retryAfterMs > 0 && messageRate !== undefined) {
      const text = `a session may send ${messageRate.messages} requests in ${messageRate.perMs} ms`;
      this.refuse(message.ref, "rate-limited", text, retryAfterMs);
    } else if (message.type === "refresh") return this.#refresh(session, message);
    else this.#queueRequest(session, message, bytes);
    return undefined;
  }

  async #refresh(session: Session, { ref, token }: Refresh): Promise<void> {
    const entry = await this.#hub.access.refresh(token, this.#login, this.#info);
    if (this.session !== session) return;
    if (!entry.ok) {
      this.#logRefusal(entry.refusal.code, entry.refusal.message);
      return this.refuse(ref, entry.refusal.code, entry.refusal.message);
    }
    this.#know(entry.identity);
    this.#login?.set(entry.identity, token);
    this.send({ type: "refreshed", ref, ...this.#expiry() });
    await leaveForbiddenRooms({ hub: this.#hub, settings: this.#settings, connection: this, session });
  }

  #expiry(): { readonly expiresInMs?: number } {
    const expiresInMs = this.#login?.expiresInMs;
    return expiresInMs === undefined ? {} : { expiresInMs: Math.max(0, expiresInMs) };
  }

  #logRefusal(code: ErrorCode, reason: string): void {
    const { remoteAddress } = this.#info;
    this.#settings.log({
      type: "access-refused",
      connection: this.id,
      code,
      reason,
      ...(remoteAddress !== undefined && { remoteAddress }),
    });
  }

  /** What was being decided failed: this connection cannot go on in order. */
  #broken(error: unknown): void {
    this.#settings.log({ type: "fault", error });
    this.close(1011, "internal");
  }

  /** Whoever may not come in is closed, whatever the reason: a code that asks to come back only where that helps. */
  #turnAway(ref: number, { code, message, retryAfterMs }: Refusal): void {
    this.#logRefusal(code, message);
    this.refuse(ref, code, message, retryAfterMs);
    this.close(turnedAwayWith[code] ?? errorTable.unauthorized.closeCode ?? 4403, code);
  }

  #begin(request: Connect, user: string | undefined): void {
    this.#state = "connected";
    this.#connectTimer.clear();
    const { session, resumed } = this.#hub.takeSession(this, { ...request, user });
    this.#session = session;
    const { heartbeat, sessionTtlMs, limits, node, clock } = this.#settings;
    this.send({
      type: "connected",
      ref: request.ref,
      version,
      session: { id: session.id, resume: session.secret },
      resumed,
      ...(session.user !== undefined && { user: session.user }),
      ...this.#expiry(),
      heartbeat,
      sessionTtlMs,
      limits,
      node,
      time: clock.now(),
    });
    const { remoteAddress } = this.#info;
    this.#settings.observe({ type: "connect", ...session.actor, resumed, ...(remoteAddress !== undefined && { remoteAddress }) });
  }

  #queueRequest(session: Session, request: RoomRequest | SessionRequest, bytes: number): void {
    if (this.#pendingBytes > 0 && this.#pendingBytes + bytes > this.#settings.pendingBytes) {
      const message = `${this.#pendingBytes} bytes of requests wait already, the limit is ${this.#settings.pendingBytes}`;
      return this.refuse(request.ref, "rate-limited", message, 1000);
    }
    this.#pendingBytes += bytes;
    if (request.type === "join") session.memberships.get(request.room)?.expectReturn();
    session.lanes.add(laneOf(request), async () => {
      const context = { hub: this.#hub, settings: this.#settings, connection: this, session };
      try {
        if (request.type === "send" || request.type === "request") await answerSessionRequest(context, request);
        else await answerRoomRequest(context, request);
      } catch (error) {
        if (error instanceof RoomLimitError) return this.refuse(request.ref, "room-limit", error.message);
        this.#settings.log({ type: "fault", error });
        this.refuse(request.ref, "internal", "the server failed to do this; its log has it");
      } finally {
        this.#pendingBytes -= bytes;
      }
    });
  }

  /** A transport that throws is a broken one; it must not break a fan-out. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#settings.log({ type: "fault", error });
      this.close(1011, "internal");
    }
  }

  #leaveHub(code: number, reason: string, by: ClosedBy, why: string = reason): Session | undefined {
    const session = this.session;
    countClose(this.#settings.counters, code);
    this.#state = "closed";
    this.#connectTimer.clear();
    this.#queue.clear();
    this.#freeWaiters = [];
    this.#inbox?.close();
    this.#login?.close();
    if (this.#countedUser !== undefined) this.#hub.discountUser(this.#countedUser);
    this.#wakeReplayWaiters();
    this.#hub.forget(this);
    if (session !== undefined) this.#settings.observe({ type: "disconnect", ...session.actor, code, reason });
    const who = { connection: this.id, ...(session !== undefined && { session: session.id }) };
    this.#settings.log({ type: "connection-closed", ...who, by, code, reason: why === "" ? closedBy[by] : why });
    return session;
  }

  /** Once until it is level again: a log must not grow with every message that a slow reader misses. */
  #tellSlow({ room, policy }: OutboundLane): void {
    if (this.#isSlow || this.#session === undefined) return;
    this.#isSlow = true;
    this.#settings.log({ type: "slow-reader", room, session: this.#session.id, policy });
  }

  #wakeFreeWaiters(): void {
    if (!this.#queue.isFree || this.isClosed) return;
    this.#isSlow = false;
    const waiters = this.#freeWaiters;
    this.#freeWaiters = [];
    for (const resume of waiters) resume();
  }

  #wakeReplayWaiters(): void {
    if (this.#queue.isReplaying || this.#replayWaiters.length === 0) return;
    const waiters = this.#replayWaiters;
    this.#replayWaiters = [];
    for (const wake of waiters) wake();
  }
}

/** Why a connection ended of which nobody says more. */
const closedBy: Readonly<Record<ClosedBy, string>> = {
  client: "the client closed it",
  transport: "the transport ended without a closing handshake",
  hub: "the hub closed it",
};

/** What a session may ask for. */
type Demand = RoomRequest | SessionRequest | Refresh;

/** Close codes of those refusals of a `connect` that do not mean "never". */
const turnedAwayWith: Partial<Record<ErrorCode, number>> = { internal: 1011, "rate-limited": 1013 };

/** Requests of one lane are done one after another; those to the application all at the same time. No room has these names. */
function laneOf(request: RoomRequest | SessionRequest): string {
  if (request.type === "send") return userRoom(request.user);
  return request.type === "request" ? `$request:${request.ref}` : request.room;
}

function refOf(message: ClientMessage): number | undefined {
  return message.ref;
}
