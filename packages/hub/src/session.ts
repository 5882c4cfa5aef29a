import type { Actor } from "./activity.ts";
import { Timer } from "./clock.ts";
import type { Connection } from "./connection.ts";
import type { SessionEnd } from "./hub-options.ts";
import { Lanes } from "./lanes.ts";
import type { Membership } from "./membership.ts";
import { authorOf } from "./message-text.ts";
import { PublishRates } from "./publish-rates.ts";
import type { Settings } from "./settings.ts";

export interface SessionOptions {
  readonly settings: Settings;
  readonly user: string | undefined;
  readonly subject: string | undefined;
  /** It only reads: no member of its rooms, and over with its connection. */
  readonly isReader: boolean;
  /** Takes a membership out of its room. */
  readonly leave: (membership: Membership, room: string) => void;
  /** Its client has not joined a room that the application put it into. */
  readonly remind: (session: Session, room: string) => void;
  /** It has been without a connection for longer than a moment, since `lastSeen`. */
  readonly onAway: (membership: Membership, room: string, lastSeen: number) => void;
  /** It has a connection, or none any more. */
  readonly onPresence: (session: Session, isConnected: boolean) => void;
  /** The session is over. */
  readonly onEnd: (session: Session, reason: SessionEnd) => void;
}

/** A publish whose outcome is unknown: nothing else of the session goes to that room before it is settled (contract 3). */
interface Unsettled {
  readonly id: string;
  readonly until: number;
}

/** Who is here: outlives connections, and is the member of rooms. */
export class Session {
  readonly id: string;
  readonly secret: string;
  readonly user: string | undefined;
  readonly subject: string | undefined;
  readonly isReader: boolean;
  readonly author: string;
  /** As an observer is told of it. */
  readonly actor: Actor;
  readonly memberships: Map<string, Membership> = new Map();
  /** Rooms out of which the application took it, and what it said: a client that was away has not heard it. */
  readonly removals: Map<string, string> = new Map();
  readonly lanes: Lanes;
  /** How fast it publishes; the session's, so that a reconnect does not reset it. */
  readonly rates: PublishRates = new PublishRates();
  readonly #options: SessionOptions;
  readonly #unsettled = new Map<string, Unsettled>();
  readonly #expiry: Timer;
  readonly #grace: Timer;
  readonly #away: Timer;
  #lastSeen = 0;
  #connection: Connection | undefined;
  #isEnded = false;

  constructor(options: SessionOptions) {
    const { settings } = options;
    this.#options = options;
    this.id = settings.ids.sessionId();
    this.secret = settings.ids.secret();
    this.user = options.user;
    this.subject = options.subject;
    this.isReader = options.isReader;
    this.author = authorOf(this.user, this.id);
    const { id, user, subject } = this;
    this.actor = { session: id, ...(user !== undefined && { user }), ...(subject !== undefined && { subject }) };
    this.lanes = new Lanes((error) => settings.log({ type: "fault", error }));
    this.#expiry = new Timer(settings.clock, () => this.end("expired"));
    this.#away = new Timer(settings.clock, () => this.#tellAway());
    this.#grace = new Timer(settings.clock, () => this.#leaveForgottenRooms());
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** When it lost its last connection. */
  get lastSeen(): number {
    return this.#lastSeen;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Gives the session to a connection; returns the one that held it until now, detached. */
  attach(connection: Connection): Connection | undefined {
    const older = this.#connection;
    this.#detachMemberships();
    this.#connection = connection;
    this.#expiry.clear();
    this.#away.clear();
    this.#options.onPresence(this, true);
    if (this.memberships.size > 0) this.#grace.set(this.#options.settings.rejoinGraceMs);
    return older;
  }

  /** The connection broke: everything stays for `sessionTtlMs`. */
  detach(connection: Connection): void {
    if (this.#connection !== connection || this.#isEnded) return;
    if (this.isReader) return this.end("closed");
    this.#connection = undefined;
    this.#grace.clear();
    this.#detachMemberships();
    this.#options.onPresence(this, false);
    const { clock, awayGraceMs, sessionTtlMs } = this.#options.settings;
    this.#lastSeen = clock.now();
    if (this.memberships.size > 0 && awayGraceMs < sessionTtlMs) this.#away.set(awayGraceMs);
    this.#expiry.set(sessionTtlMs);
  }

  end(reason: SessionEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#connection = undefined;
    this.#expiry.clear();
    this.#grace.clear();
    this.#away.clear();
    for (const room of this.memberships.keys()) this.leave(room);
    this.#options.onPresence(this, false);
    this.#options.onEnd(this, reason);
  }

  leave(room: string): boolean {
    const membership = this.memberships.get(room);
    if (membership === undefined) return false;
    this.memberships.delete(room);
    membership.detach();
    this.#options.leave(membership, room);
    return true;
  }

  /** The id that must be settled before `id` may be published to the room, if any. */
  unsettledBefore(room: string, id: string | undefined): string | undefined {
    const unsettled = this.#unsettled.get(room);
    if (unsettled === undefined || unsettled.id === id) return undefined;
    if (unsettled.until > this.#options.settings.clock.now()) return unsettled.id;
    this.#unsettled.delete(room);
    return undefined;
  }

  /** A publish without an id cannot be repeated safely, so nothing waits for it. */
  settle(room: string, id: string | undefined, isKnown: boolean): void {
    if (id === undefined) return;
    const { clock, limits } = this.#options.settings;
    if (isKnown) this.#unsettled.delete(room);
    else this.#unsettled.set(room, { id, until: clock.now() + limits.idempotencyWindowMs });
  }

  #detachMemberships(): void {
    for (const membership of this.memberships.values()) membership.detach();
  }

  #tellAway(): void {
    for (const [room, membership] of this.memberships) this.#options.onAway(membership, room, this.#lastSeen);
  }

  #leaveForgottenRooms(): void {
    for (const [room, membership] of this.memberships) {
      if (membership.isLive || membership.isReturning) continue;
      if (membership.assignment === undefined) this.leave(room);
      else this.#options.remind(this, room);
    }
  }
}
