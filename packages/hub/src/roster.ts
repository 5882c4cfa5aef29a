import { formatLimits, type Member, type Presence } from "@openline/wire";
import { type Clock, Timer } from "./clock.ts";
import type { Presence as MemberPage, PresenceQuery } from "./hub-options.ts";

export interface RosterOptions {
  readonly room: string;
  readonly clock: Clock;
  /** How long changes are gathered where many listen. */
  readonly batchMs: number;
  /** Whether so few listen that every change may be told at once. */
  readonly isSmall: () => boolean;
  readonly tell: (message: Presence) => void;
}

/** A member as the listeners were told of it. `place` orders pages: later members have higher ones. */
interface Told {
  member: Member;
  readonly place: number;
}

/**
 * Who is in a room, on all nodes, and what of it the listeners know. Lists and counts show the room as it was last told, so that what is told
 * next fits every list; what has happened since waits in `#pending` until its time, for a second at most (R20). The first change after a quiet second
 * is told at once, and so is every change where few listen.
 */
export class Roster {
  readonly #options: RosterOptions;
  readonly #told = new Map<string, Told>();
  /** What is not told yet: the member as it is now, `undefined` when it is gone. */
  readonly #pending = new Map<string, Member | undefined>();
  readonly #window: Timer;
  #places = 0;
  #size = 0;

  constructor(options: RosterOptions) {
    this.#options = options;
    this.#window = new Timer(options.clock, () => {
      if (this.#pending.size > 0) this.#flush();
    });
  }

  /** How many are there now. */
  get size(): number {
    return this.#size;
  }

  /** The member as it is now. */
  get(session: string): Member | undefined {
    return this.#pending.has(session) ? this.#pending.get(session) : this.#told.get(session)?.member;
  }

  /** Everybody who is there now. */
  get members(): Member[] {
    const sessions = new Set([...this.#told.keys(), ...this.#pending.keys()]);
    return Array.from(sessions, (session) => this.get(session)).filter((member) => member !== undefined);
  }

  /** Who was there before anybody listened. */
  load(members: readonly Member[]): void {
    for (const member of members) {
      if (!this.#told.has(member.session)) this.#size++;
      this.#tellOf(member);
    }
  }

  /** Somebody came, or is another than before. */
  enter(member: Member): void {
    if (this.get(member.session) === undefined) this.#size++;
    this.#pending.set(member.session, member);
    this.#changed();
  }

  /** Somebody left. Whom nobody was told of, nobody is told of. */
  exit(session: string): void {
    if (this.get(session) === undefined) return;
    this.#size--;
    if (this.#told.has(session)) this.#pending.set(session, undefined);
    else this.#pending.delete(session);
    this.#changed();
  }

  /** A page of the members as they were last told; the first one shows `self`, whom it is for, even if nobody was told of it yet. */
  page({ after, limit = formatLimits.membersListed }: PresenceQuery, self?: string): MemberPage {
    const own = self === undefined || this.#told.has(self) ? undefined : this.get(self);
    const memberCount = this.#told.size + Number(own !== undefined);
    const members = own !== undefined && after === undefined ? [own] : [];
    let last = Number(after ?? 0);
    for (const { member, place } of this.#told.values()) {
      if (place <= last) continue;
      if (members.length === limit) return { members, next: String(last), memberCount };
      members.push(member);
      last = place;
    }
    return { members, memberCount };
  }

  close(): void {
    this.#window.clear();
  }

  #changed(): void {
    if (this.#pending.size === 0 || (this.#window.waiting && !this.#options.isSmall())) return;
    this.#flush();
  }

  #flush(): void {
    const changes = this.#takePending();
    const { room, batchMs, isSmall, tell } = this.#options;
    if (!isSmall()) this.#window.set(batchMs);
    if (Object.keys(changes).length > 0) tell({ type: "presence", room, ...changes, memberCount: this.#told.size });
  }

  /** At most as many as a list may have; the others wait for the next second. */
  #takePending(): Pick<Presence, "joined" | "left" | "changed"> {
    const [joined, left, changed] = [[] as Member[], [] as Member[], [] as Member[]];
    let count = 0;
    for (const [session, member] of this.#pending) {
      if (count++ === formatLimits.membersListed) break;
      this.#pending.delete(session);
      const before = this.#told.get(session)?.member;
      if (member === undefined) {
        this.#told.delete(session);
        if (before !== undefined) left.push(before);
      } else {
        this.#tellOf(member);
        if (before === undefined) joined.push(member);
        else if (JSON.stringify(before) !== JSON.stringify(member)) changed.push(member);
      }
    }
    const departed = left.map(({ session, user }) => ({ session, ...(user !== undefined && { user }) }));
    return { ...(joined.length > 0 && { joined }), ...(left.length > 0 && { left: departed }), ...(changed.length > 0 && { changed }) };
  }

  #tellOf(member: Member): void {
    const known = this.#told.get(member.session);
    if (known === undefined) this.#told.set(member.session, { member, place: ++this.#places });
    else known.member = member;
  }
}
