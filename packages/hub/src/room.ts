import { encode, type Join, type Member, type ServerMessage } from "@openline/wire";
import type { Signal, StoredMessage, Subscriber, Subscription } from "./broker.ts";
import { CatchUp } from "./catch-up.ts";
import { Timer } from "./clock.ts";
import { Follower } from "./follower.ts";
import { History, type Past } from "./history.ts";
import type { Presence, PresenceQuery } from "./hub-options.ts";
import { type MemberSession, Membership, type Receiver } from "./membership.ts";
import { signalText, storedText } from "./message-text.ts";
import { encodePosition, type Position } from "./position.ts";
import { follows } from "./recovery.ts";
import { Roster } from "./roster.ts";
import type { RoomRules } from "./rules.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import { type OutgoingMessage, outgoing } from "./transport.ts";

/** How a session wants to be in a room. */
export type Terms = Pick<Join, "presence" | "data">;

/** Where a session's messages go, and up to where its replay has them. Without it the session is away, and reads them when it comes back. */
export interface Stay {
  readonly receiver: Receiver;
  readonly replayedTo: Position;
}

/** What a join came to. Send `joined` with it, then replay, in the same turn: live messages follow from then on. */
export interface Admission {
  readonly past: Past;
  readonly messages: readonly StoredMessage[];
  readonly position: Position;
}

/** What live messages pass while a join reads the past. */
interface Recording {
  readonly messages: StoredMessage[];
  bytes: number;
  /** Continuity was lost meanwhile: what was read is worthless. */
  broken: boolean;
}

/**
 * A room as this node sees it: open while it has members here. Follows the broker's order, knows the members of all nodes, and
 * makes each message into text once for all its receivers.
 */
export class Room implements Subscriber {
  readonly name: string;
  readonly memberships: Map<string, Membership> = new Map();
  readonly rules: RoomRules;
  readonly #settings: Settings;
  readonly #nameText: string;
  readonly history: History;
  readonly #follower: Follower;
  readonly #catchUp: CatchUp;
  readonly #roster: Roster;
  readonly #recordings = new Set<Recording>();
  readonly #check: Timer;
  #subscription: Subscription | undefined;
  /** Changes of members that were told before the room was open. */
  readonly #early: (() => void)[] = [];
  readonly compose = (message: StoredMessage): OutgoingMessage => outgoing(storedText(this.#nameText, message));
  #isClosed = false;

  constructor(settings: Settings, name: string) {
    this.name = name;
    this.rules = settings.rules.of(name);
    this.#settings = settings;
    this.#nameText = JSON.stringify(name);
    this.history = new History(settings, name);
    this.#follower = new Follower({
      settings,
      room: name,
      history: this.history,
      deliver: (message) => this.#deliver(message),
      lost: (position) => this.#tellInsufficient(position),
    });
    this.#roster = new Roster({
      room: name,
      clock: settings.clock,
      batchMs: settings.presenceBatchMs,
      isSmall: () => settings.presenceBatchMs === 0 || this.memberships.size <= settings.presenceAtOnce,
      tell: (message) => this.#tellWatchers(message),
    });
    this.#check = new Timer(settings.clock, () => this.#checkPosition());
    this.#catchUp = new CatchUp({
      settings,
      history: this.history,
      compose: this.compose,
      position: () => this.#follower.position,
      lose: (membership) => this.#lose(membership),
    });
  }

  /** Members that read from history what they were too slow for. */
  get spilledCount(): number {
    return this.#catchUp.size;
  }

  get memberCount(): number {
    return this.#roster.size;
  }

  /** Everybody who is there now, on all nodes. */
  get members(): Member[] {
    return this.#roster.members;
  }

  /** What `joined` says of the members: how many there are, and the first of them, if the member asked for them. */
  presenceFor({ presence, member }: Membership): Partial<Presence> & { readonly memberCount: number } {
    const page = this.#roster.page({}, member.session);
    return presence ? page : { memberCount: page.memberCount };
  }

  /** A page of the members of all nodes, for a message to the session `self`. */
  membersPage(options: PresenceQuery, self: string): Presence {
    return this.#roster.page(options, self);
  }

  /** Begins to follow the room; resolves when its position and members are known. */
  async open(): Promise<void> {
    const subscription = await this.#settings.broker.subscribe(this.name, this);
    if (this.#isClosed) return subscription.close();
    this.#subscription = subscription;
    this.#roster.load(subscription.members);
    for (const change of this.#early.splice(0)) change();
    this.#follower.start(subscription.top);
    this.#scheduleCheck();
  }

  close(): void {
    this.#isClosed = true;
    this.#follower.close();
    this.#check.clear();
    this.#roster.close();
    this.#subscription?.close();
  }

  /**
   * Reads what a joining session missed. `admit` is called in the very turn in which the past meets the present: nothing passes between
   * what it is given and the first live message. `admit` is not called when that cannot be had.
   * @throws what the broker's read threw.
   */
  async join(request: Pick<Join, "position" | "rewind">, admit: (admission: Admission) => void): Promise<boolean> {
    // Once more after an epoch ended under our hands; more often only where the store itself is in disorder.
    for (let attempt = 0; attempt < 3; attempt++) {
      const recording: Recording = { messages: [], bytes: 0, broken: false };
      this.#recordings.add(recording);
      try {
        const past = await this.history.past(request.position, request.rewind ?? 0);
        const admission = recording.broken ? undefined : this.#meet(past, recording.messages);
        if (admission !== undefined) {
          admit(admission);
          return true;
        }
      } finally {
        this.#recordings.delete(recording);
      }
    }
    return false;
  }

  /** Makes the session a member, or finds that it is one; then its live messages go where `stay` says. */
  enter(session: Session, terms: Terms, stay: Stay | undefined): Membership {
    const known = this.memberships.get(session.id);
    const { observe } = this.#settings;
    const membership = known ?? this.#membershipOf(session, terms);
    this.memberships.set(session.id, membership);
    if (session.isReader) {
      // Nobody sees it.
    } else if (known === undefined) {
      this.#announce(membership, stay === undefined ? { away: session.lastSeen } : {});
      observe({ type: "join", ...session.actor, room: this.name, ...(terms.data !== undefined && { data: terms.data }) });
      if (this.memberCount === 1) observe({ type: "occupied", room: this.name });
    } else if (stay !== undefined) {
      this.#announce(known, { away: undefined, ...(terms.data !== undefined && { data: terms.data }) });
    }
    membership.presence = (terms.presence ?? false) && this.rules.presence;
    if (stay !== undefined) membership.goLive(stay.receiver, stay.replayedTo);
    return membership;
  }

  /** The member shows other data; `undefined`: none. */
  update(membership: Membership, data: unknown): void {
    this.#announce(membership, { data });
  }

  /** The member has no connection, since `lastSeen`: the others are told, on all nodes. */
  away(membership: Membership, lastSeen: number): void {
    this.#announce(membership, { away: lastSeen });
  }

  /** Takes the session out for good. */
  exit(session: MemberSession): void {
    if (!this.memberships.delete(session.id) || session.isReader) return;
    this.#subscription?.exit(session.id);
    this.exited(session.id);
    const { observe } = this.#settings;
    observe({ type: "leave", ...session.actor, room: this.name });
    if (this.memberCount === 0) observe({ type: "vacated", room: this.name });
  }

  message(message: StoredMessage): void {
    this.#follower.hear(message);
  }

  signal(signal: Signal): void {
    const message = outgoing(signalText(this.#nameText, signal));
    for (const membership of this.memberships.values()) {
      if (membership.session.id !== signal.session) membership.deliverEphemeral(message);
    }
  }

  entered(member: Member): void {
    this.#change(() => this.#roster.enter(member));
  }

  exited(session: string): void {
    this.#change(() => this.#roster.exit(session));
  }

  /** The list of members is from before what is told while it is on its way. */
  #change(change: () => void): void {
    if (this.#subscription === undefined) this.#early.push(change);
    else change();
  }

  insufficient(): void {
    this.#follower.doubt();
  }

  /** At its own time in each room and node: a store must not be asked by all at once. */
  #scheduleCheck(): void {
    const { positionCheckMs, random } = this.#settings;
    if (!this.#isClosed) this.#check.set(Math.ceil(positionCheckMs * (0.5 + random())));
  }

  #checkPosition(): void {
    this.#follower
      .check()
      .catch((error: unknown) => this.#settings.log({ type: "fault", error }))
      .finally(() => this.#scheduleCheck());
  }

  #membershipOf(session: Session, terms: Terms): Membership {
    const { id, user } = session;
    const member = memberOf({ session: id, user, data: terms.data, since: this.#settings.clock.now() });
    return new Membership({ session, member, room: this.name, rules: this.rules, spill: this.#catchUp });
  }

  #deliver(message: StoredMessage): void {
    for (const recording of this.#recordings) this.#record(recording, message);
    if (this.memberships.size === 0) return;
    const out = this.compose(message);
    for (const membership of this.memberships.values()) membership.deliverStored(out, message.position);
  }

  /** A join that reads longer than what passes may wait starts over, with a page that has it. */
  #record(recording: Recording, message: StoredMessage): void {
    recording.bytes += message.bytes;
    recording.broken ||= recording.bytes > this.#settings.heldBytes;
    if (recording.broken) recording.messages.length = 0;
    else recording.messages.push(message);
  }

  #tellInsufficient(position: Position): void {
    for (const recording of this.#recordings) recording.broken = true;
    this.#settings.counters.insufficient++;
    this.#settings.log({ type: "insufficient", room: this.name, position: encodePosition(position) });
    const message = this.#insufficient(position);
    for (const membership of this.memberships.values()) membership.deliverLoss(message, position);
  }

  /** A slow reader's history is gone, or is not the node's: it goes on from where the node stands. */
  #lose(membership: Membership): void {
    const { position } = this.#follower;
    this.#settings.counters.insufficient++;
    this.#settings.log({ type: "insufficient", room: this.name, position: encodePosition(position), session: membership.session.id });
    membership.deliverLoss(this.#insufficient(position), position);
  }

  #insufficient(position: Position): OutgoingMessage {
    return outgoing(encode({ type: "insufficient", room: this.name, position: encodePosition(position) }));
  }

  /** The membership is new, or another than before. */
  #announce(membership: Membership, change: { readonly data?: unknown; readonly away?: number | undefined }): void {
    const member = memberOf({ ...membership.member, ...change });
    const isNews = this.#roster.get(member.session) === undefined || JSON.stringify(member) !== JSON.stringify(membership.member);
    membership.member = member;
    if (!isNews) return;
    this.#subscription?.enter(member);
    this.entered(member);
  }

  #tellWatchers(event: ServerMessage): void {
    let message: OutgoingMessage | undefined;
    for (const membership of this.memberships.values()) {
      if (!membership.presence || !membership.isLive) continue;
      message ??= outgoing(encode(event));
      membership.deliver(message);
    }
  }

  /** Joins what was read with what passed meanwhile; `undefined` when they do not fit together. */
  #meet(past: Past, passed: readonly StoredMessage[]): Admission | undefined {
    const here = this.#follower.position;
    if (past.top === undefined) return { past, messages: [], position: here };
    if (past.top.epoch !== here.epoch) this.#follower.adopt(past.top);
    else if (here.offset > past.top.offset) return append(past, past.top, here, passed);
    return { past, messages: past.messages, position: past.top };
  }
}

function append(past: Past, top: Position, here: Position, passed: readonly StoredMessage[]): Admission | undefined {
  const later = passed.filter((message) => message.position.offset > top.offset);
  const first = later[0];
  const linked = first !== undefined && (first.previous === undefined || follows(first, top));
  return linked ? { past, messages: [...past.messages, ...later], position: here } : undefined;
}

/** Always with its fields in one order, so that equal members are equal texts. */
function memberOf({
  session,
  user,
  data,
  since,
  away,
}: { [K in keyof Member]: Member[K] | undefined } & Pick<Member, "session" | "since">): Member {
  const optional = { ...(user !== undefined && { user }), ...(data !== undefined && { data }) };
  return { session, ...optional, since, ...(away !== undefined && { away }) };
}
