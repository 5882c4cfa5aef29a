import {
  type Connect,
  type ErrorCode,
  encode,
  errorTable,
  parseClientMessage,
  type ServerMessage,
  utf8Length,
  version,
} from "@openline/wire";
import { Doorway } from "./access/doorway.ts";
import type { Identity } from "./access/identity.ts";
import { RoomLimitError } from "./broker.ts";
import { Timer } from "./clock.ts";
import { countClose, countRefusal } from "./counters.ts";
import { negotiated } from "./heartbeat.ts";
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
  readonly #doorway: Doorway;
  readonly #hub: Hub;
  readonly #settings: Settings;
  readonly #transport: Transport;
  readonly #queue: OutboundQueue;
  readonly #connectTimer: Timer;
  #replayWaiters: (() => void)[] = [];
  #freeWaiters: (() => void)[] = [];
  #isSlow = false;
  #session: Session | undefined;
  #isClosed = false;
  #pendingBytes = 0;

  /** Made by `hub.open`. */
  constructor(hub: Hub, settings: Settings, transport: Transport, info: ConnectionInfo, id: string) {
    this.id = id;
    this.#doorway = new Doorway(this, hub, settings, info);
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
    return this.#doorway.info;
  }

  /** Who the client is, if that was proved. */
  get identity(): Identity | undefined {
    return this.#doorway.identity;
  }

  get isClosed(): boolean {
    return this.#isClosed;
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
    if (parsed.ok) this.#doorway.take(parsed.message, bytes);
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

  /** For the doorway: the client is in, under this name. @internal */
  begin(request: Connect, user: string | undefined): void {
    this.#connectTimer.clear();
    const { session, resumed } = this.#hub.sessions.take(this, { ...request, user });
    this.#session = session;
    const { sessionTtlMs, limits, node, clock } = this.#settings;
    const heartbeat = negotiated(this.#settings.heartbeat, request.heartbeat);
    if (heartbeat.intervalMs !== this.#settings.heartbeat.intervalMs) this.#transport.setHeartbeat?.(heartbeat);
    this.send({
      type: "connected",
      ref: request.ref,
      version,
      session: { id: session.id, resume: session.secret },
      resumed,
      ...(session.user !== undefined && { user: session.user }),
      ...this.#doorway.expiry,
      heartbeat,
      sessionTtlMs,
      limits,
      node,
      time: clock.now(),
    });
    const { remoteAddress } = this.info;
    if (!session.isReader)
      this.#settings.observe({ type: "connect", ...session.actor, resumed, ...(remoteAddress !== undefined && { remoteAddress }) });
  }

  /** For the doorway: a request that may be answered. @internal */
  queueRequest(session: Session, request: RoomRequest | SessionRequest, bytes: number): void {
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
    this.#isClosed = true;
    this.#connectTimer.clear();
    this.#queue.clear();
    this.#freeWaiters = [];
    this.#doorway.close();
    this.#wakeReplayWaiters();
    this.#hub.forget(this);
    if (session?.isReader === false) this.#settings.observe({ type: "disconnect", ...session.actor, code, reason });
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

/** Requests of one lane are done one after another; those to the application all at the same time. No room has these names. */
function laneOf(request: RoomRequest | SessionRequest): string {
  if (request.type === "send") return userRoom(request.user);
  return request.type === "request" ? `$request:${request.ref}` : request.room;
}
