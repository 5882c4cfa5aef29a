import type { Beat } from "./beat.ts";
import type { HeartbeatOptions } from "./profiles.ts";

/** What {@link Keepalive.tick} found due. */
export const Due = { Nothing: 0, Ping: 1, HeartbeatTimeout: 2, IdleTimeout: 3, CloseTimeout: 4 } as const;
export type DueKind = (typeof Due)[keyof typeof Due];

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The deadlines of one connection. A heartbeat ping goes out every `intervalMs`, whatever else is sent, so that proxies on the way see
 * traffic; any byte heard within `timeoutMs` of it is life. Idle is apart from it: no message either way. Once closing has begun only
 * its own deadline counts. All times are absolute, in ms.
 */
export class Keepalive {
  #intervalMs: number;
  #timeoutMs: number;
  readonly #idleMs: number;
  readonly #closeMs: number;
  #now: number;
  #pingAt: number;
  /** When a ping without any sign of life since makes the peer count as gone. */
  #silentAt = NEVER;
  #idleAt: number;
  /** What `#idleAt` was before the last message came. */
  #idleBefore: number;
  #spoke = false;
  #closeAt = NEVER;
  #closing = false;

  /** `awaited`: a ping that was sent at `now`, and is not answered yet. */
  constructor(
    heartbeat: HeartbeatOptions | undefined,
    idleTimeoutMs: number | undefined,
    closeTimeoutMs: number,
    now: number,
    awaited?: Beat,
  ) {
    this.#intervalMs = heartbeat?.intervalMs ?? NEVER;
    this.#timeoutMs = heartbeat?.timeoutMs ?? NEVER;
    this.#idleMs = idleTimeoutMs ?? NEVER;
    this.#closeMs = closeTimeoutMs;
    this.#now = now;
    this.#pingAt = now + this.#intervalMs;
    this.#idleAt = now + this.#idleMs;
    this.#idleBefore = this.#idleAt;
    if (awaited !== undefined) this.#silentAt = now + this.#timeoutMs;
  }

  /** Other times from now on. A ping that is under way has the time to answer that it had. */
  setHeartbeat(heartbeat: HeartbeatOptions | undefined, now: number): void {
    this.#intervalMs = heartbeat?.intervalMs ?? NEVER;
    this.#timeoutMs = heartbeat?.timeoutMs ?? NEVER;
    this.#pingAt = now + this.#intervalMs;
  }

  /** Whether no idle time is counted, and no answer waited for but that of the last ping, `awaited`: a new one, made with it, would go on just the same. */
  isCalm(awaited: Beat | undefined): boolean {
    if (this.#idleMs !== NEVER || this.#closing) return false;
    if (awaited === undefined) return this.#silentAt === NEVER;
    return this.#silentAt === awaited.sentAt + this.#timeoutMs && this.#pingAt === awaited.sentAt + this.#intervalMs;
  }

  get deadline(): number {
    // Closing began at a time that nobody told us: a deadline in the past gets us a tick, which does.
    if (this.#closing) return this.#closeAt === NEVER && this.#closeMs !== NEVER ? this.#now : this.#closeAt;
    return Math.min(this.#pingAt, this.#silentAt, this.#idleAt);
  }

  /** Bytes came, of whatever kind. */
  heard(now: number | undefined): void {
    this.#silentAt = NEVER;
    if (now !== undefined) this.#now = now;
  }

  /** A message came, or goes out; the time of the latter is taken from the next tick. */
  spoke(now: number | undefined): void {
    if (now === undefined) {
      this.#spoke = true;
      return;
    }
    if (this.#idleMs === NEVER) return;
    this.#idleBefore = this.#idleAt;
    this.#idleAt = now + this.#idleMs;
  }

  /** The message that came last was a heartbeat in a message's clothes: it does not count against idling. */
  discount(): void {
    this.#idleAt = this.#idleBefore;
  }

  /** Reading stops: silence says nothing until it goes on. */
  deaf(): void {
    this.#silentAt = NEVER;
  }

  startClosing(now: number | undefined): void {
    this.#closing = true;
    if (now !== undefined) this.#closeAt = now + this.#closeMs;
  }

  stop(): void {
    this.#closing = true;
    this.#closeAt = NEVER;
    this.#now = NEVER;
  }

  /** What is due; call it again until it answers Nothing. `reading`: whether bytes of the peer would be taken. */
  tick(now: number, reading: boolean): DueKind {
    if (this.#now !== NEVER) this.#now = now;
    if (this.#closing) return this.#tickClosing(now);
    if (this.#spoke) {
      this.#spoke = false;
      this.#idleAt = now + this.#idleMs;
    }
    if (now >= this.#silentAt) return Due.HeartbeatTimeout;
    if (now >= this.#idleAt) {
      this.#idleAt = NEVER;
      return Due.IdleTimeout;
    }
    if (now < this.#pingAt) return Due.Nothing;
    this.#pingAt = now + this.#intervalMs;
    if (reading && this.#silentAt === NEVER) this.#silentAt = now + this.#timeoutMs;
    return Due.Ping;
  }

  #tickClosing(now: number): DueKind {
    if (this.#now === NEVER) return Due.Nothing;
    if (this.#closeAt === NEVER) this.#closeAt = now + this.#closeMs;
    if (now < this.#closeAt) return Due.Nothing;
    this.stop();
    return Due.CloseTimeout;
  }
}
