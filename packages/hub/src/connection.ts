import {
  type ClientMessage,
  type Connect,
  type ErrorCode,
  encode,
  errorTable,
  parseClientMessage,
  type ServerMessage,
  utf8Length,
  version,
} from "@openline/wire";
import { Timer } from "./clock.ts";
import { type HubGuard, type Refusal, verdictOf } from "./guard.ts";
import type { Hub } from "./hub.ts";
import type { ConnectionInfo } from "./hub-options.ts";
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
  /** What came while it was decided whether the client may come in. */
  #early: { readonly message: ClientMessage; readonly bytes: number }[] = [];
  #pendingBytes = 0;

  /** Made by `hub.open`. */
  constructor(hub: Hub, settings: Settings, transport: Transport, info: ConnectionInfo) {
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
    if (parsed.ok) this.#accept(parsed.message, bytes);
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
   * its own: with 1000 or 1001 that ends the session at once.
   */
  closed(code: number, clean: boolean): void {
    if (this.isClosed) return;
    const session = this.#leaveHub(code, "");
    if (clean && (code === 1000 || code === 1001)) session?.end("closed");
    else session?.detach(this);
  }

  /** Closes the transport from this side. The session stays for its time, unless someone ends it. */
  close(code: number, reason: string): void {
    if (this.isClosed) return;
    const session = this.#leaveHub(code, reason);
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

  #accept(message: ClientMessage, bytes: number): void {
    const { type } = message;
    const session = this.session;
    if (this.#state === "deciding" && type !== "connect") this.#waitForDecision(message, bytes);
    else if (type === "connect") this.#connect(message);
    else if (session === undefined) this.refuse(refOf(message), "not-connected", `${type} came before connect`);
    else if (type === "ping") this.send({ type: "pong", ...(message.ref !== undefined && { ref: message.ref }) });
    else if (message.type === "refresh") this.refuse(message.ref, "unauthorized", "this server reads no tokens");
    else if (message.type !== "pong") this.#queueRequest(session, message, bytes);
  }

  #connect(request: Connect): void {
    if (this.#state !== "opening") return this.refuse(request.ref, "already-connected", "a second connect on one connection");
    if (request.version !== version) {
      return this.refuse(request.ref, "unsupported-version", `version ${request.version} is not spoken here, ${version} is`);
    }
    const { connect } = this.#settings.guard;
    if (connect === undefined) return this.#begin(request);
    this.#state = "deciding";
    void this.#decide(request, connect).catch((error: unknown) => this.#settings.log({ type: "fault", error }));
  }

  async #decide(request: Connect, guard: NonNullable<HubGuard["connect"]>): Promise<void> {
    const { user, token, session } = request;
    const verdict = await verdictOf(this.#settings, guard, () => ({
      user,
      token,
      info: this.#info,
      session: session?.id,
    }));
    if (this.#state !== "deciding") return;
    if (verdict === undefined) return this.#begin(request);
    if ("refuse" in verdict) return this.#turnAway(request.ref, verdict.refuse);
    const { user: name = user, subject = this.#info.subject } = verdict.change;
    if (subject !== undefined) this.#info = { ...this.#info, subject };
    this.#begin({ ...request, ...(name !== undefined && { user: name }) });
  }

  /** Whoever may not come in is closed, whatever the reason: a code that asks to come back only where that helps. */
  #turnAway(ref: number, { code, message, retryAfterMs }: Refusal): void {
    this.refuse(ref, code, message, retryAfterMs);
    this.close(turnedAwayWith[code] ?? errorTable.unauthorized.closeCode ?? 4403, code);
  }

  #waitForDecision(message: ClientMessage, bytes: number): void {
    const held = this.#early.reduce((sum, early) => sum + early.bytes, 0);
    if (held + bytes <= this.#settings.pendingBytes) this.#early.push({ message, bytes });
    else
      this.refuse(
        refOf(message),
        "rate-limited",
        `${held} bytes of requests wait already, the limit is ${this.#settings.pendingBytes}`,
        1000,
      );
  }

  #begin(request: Connect): void {
    this.#state = "connected";
    this.#connectTimer.clear();
    const { session, resumed } = this.#hub.takeSession(this, request);
    this.#session = session;
    const { heartbeat, sessionTtlMs, limits, node, clock } = this.#settings;
    this.send({
      type: "connected",
      ref: request.ref,
      version,
      session: { id: session.id, resume: session.secret },
      resumed,
      ...(session.user !== undefined && { user: session.user }),
      heartbeat,
      sessionTtlMs,
      limits,
      node,
      time: clock.now(),
    });
    const { remoteAddress } = this.#info;
    this.#settings.observe({ type: "connect", ...session.actor, resumed, ...(remoteAddress !== undefined && { remoteAddress }) });
    const early = this.#early;
    this.#early = [];
    for (const { message, bytes } of early) if (!this.isClosed) this.#accept(message, bytes);
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

  #leaveHub(code: number, reason: string): Session | undefined {
    const session = this.session;
    this.#state = "closed";
    this.#connectTimer.clear();
    this.#queue.clear();
    this.#freeWaiters = [];
    this.#early = [];
    this.#wakeReplayWaiters();
    this.#hub.forget(this);
    if (session !== undefined) this.#settings.observe({ type: "disconnect", ...session.actor, code, reason });
    this.#settings.log({ type: "connection-closed", code, reason, ...(session !== undefined && { session: session.id }) });
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
