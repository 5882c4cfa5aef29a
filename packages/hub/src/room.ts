import { encode, formatLimits, type Join, type Member } from "@openline/wire";
import type { Signal, StoredMessage, Subscriber, Subscription } from "./broker.ts";
import { CatchUp } from "./catch-up.ts";
import { Timer } from "./clock.ts";
import { Follower } from "./follower.ts";
import { History, type Past } from "./history.ts";
import { type MemberSession, Membership, type Receiver } from "./membership.ts";
import { signalText, storedText } from "./message-text.ts";
import { encodePosition, type Position } from "./position.ts";
import { follows } from "./recovery.ts";
import type { RoomRules } from "./rules.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import { type OutgoingMessage, outgoing } from "./transport.ts";

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
  readonly #members = new Map<string, Member>();
  readonly #recordings = new Set<Recording>();
  readonly #check: Timer;
  #subscription: Subscription | undefined;
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
    return this.#members.size;
  }

  /** The members as far as a message may list them. */
  get listedMembers(): Member[] {
    return Array.from(this.#members.values()).slice(0, formatLimits.membersListed);
  }

  /** Begins to follow the room; resolves when its position and members are known. */
  async open(): Promise<void> {
    const subscription = await this.#settings.broker.subscribe(this.name, this);
    if (this.#isClosed) return subscription.close();
    this.#subscription = subscription;
    for (const member of subscription.members) this.#members.set(member.session, member);
    this.#follower.start(subscription.top);
    this.#scheduleCheck();
  }

  close(): void {
    this.#isClosed = true;
    this.#follower.close();
    this.#check.clear();
    this.#subscription?.close();
  }

  /**
   * Reads what a joining session missed. `admit` is called in the very turn in which the past meets the present: nothing passes between
   * what it is given and the first live message. `admit` is not called when that cannot be had.
   * @throws what the broker's read threw.
   */
  async join(request: Join, admit: (admission: Admission) => void): Promise<boolean> {
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

  /** Makes the session a member, or finds that it is one; then its live messages go to `receiver`. */
  enter(session: Session, request: Join, receiver: Receiver, replayedTo: Position): Membership {
    const known = this.memberships.get(session.id);
    const { observe } = this.#settings;
    const membership = known ?? this.#membershipOf(session, request);
    if (known === undefined) {
      this.memberships.set(session.id, membership);
      this.#announce(membership);
      observe({ type: "join", ...session.actor, room: this.name, ...(request.data !== undefined && { data: request.data }) });
      if (this.memberCount === 1) observe({ type: "occupied", room: this.name });
    } else if (known.member.away !== undefined) {
      const { away: _, ...member } = known.member;
      known.member = member;
      this.#announce(known);
    }
    membership.presence = (request.presence ?? false) && this.rules.presence;
    membership.goLive(receiver, replayedTo);
    return membership;
  }

  /** The member has no connection, since `lastSeen`: the others are told, on all nodes. */
  away(membership: Membership, lastSeen: number): void {
    membership.member = { ...membership.member, away: lastSeen };
    this.#announce(membership);
  }

  /** Takes the session out for good. */
  exit(session: MemberSession): void {
    if (!this.memberships.delete(session.id)) return;
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
    const known = this.#members.get(member.session);
    this.#members.set(member.session, member);
    if (known !== undefined) return this.#tellChange(known, member);
    this.#tellWatchers(member.session, { type: "member-joined", room: this.name, member, memberCount: this.memberCount });
  }

  exited(session: string): void {
    const member = this.#members.get(session);
    if (member === undefined) return;
    this.#members.delete(session);
    const user = member.user === undefined ? {} : { user: member.user };
    this.#tellWatchers(session, { type: "member-left", room: this.name, session, ...user, memberCount: this.memberCount });
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

  #membershipOf(session: Session, request: Join): Membership {
    const member = this.#memberOf(session, request);
    return new Membership({ session, member, room: this.name, slow: this.rules.slow, spill: this.#catchUp });
  }

  #memberOf(session: Session, request: Join): Member {
    return {
      session: session.id,
      ...(session.user !== undefined && { user: session.user }),
      ...(request.data !== undefined && { data: request.data }),
      since: this.#settings.clock.now(),
    };
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
    this.#settings.log({ type: "insufficient", room: this.name, position: encodePosition(position) });
    const message = this.#insufficient(position);
    for (const membership of this.memberships.values()) membership.deliverLoss(message, position);
  }

  /** A slow reader's history is gone, or is not the node's: it goes on from where the node stands. */
  #lose(membership: Membership): void {
    const { position } = this.#follower;
    this.#settings.log({ type: "insufficient", room: this.name, position: encodePosition(position), session: membership.session.id });
    membership.deliverLoss(this.#insufficient(position), position);
  }

  #insufficient(position: Position): OutgoingMessage {
    return outgoing(encode({ type: "insufficient", room: this.name, position: encodePosition(position) }));
  }

  #announce(membership: Membership): void {
    this.#subscription?.enter(membership.member);
    this.entered(membership.member);
  }

  #tellChange(before: Member, { session, user, away }: Member): void {
    const who = { room: this.name, session, ...(user !== undefined && { user }) };
    if (away !== undefined && before.away === undefined) this.#tellWatchers(session, { type: "member-away", ...who, lastSeen: away });
    if (away === undefined && before.away !== undefined) this.#tellWatchers(session, { type: "member-back", ...who });
  }

  #tellWatchers(about: string, event: Parameters<typeof encode>[0]): void {
    let message: OutgoingMessage | undefined;
    for (const membership of this.memberships.values()) {
      if (!membership.presence || !membership.isLive || membership.session.id === about) continue;
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
