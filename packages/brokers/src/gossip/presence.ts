import { type Clock, Timer } from "@openline/hub";
import { GossipMachine } from "./gossip-machine.ts";
import type { Member } from "./gossip-text.ts";

/** Who hears of members. */
export interface PresenceListener {
  entered(member: Member): void;
  exited(session: string): void;
}

export interface PresenceOptions {
  readonly node: string;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  /** Says it to all nodes, in the order of the calls; to none while the line is down. */
  readonly send: (text: string) => void;
}

/** A place at a room: brings members, and hears of those of all other places, on this node and others. */
export interface Seat {
  /** The members that other places brought. */
  readonly members: readonly Member[];
  enter(member: Member): void;
  exit(session: string): void;
  /** Ends it and takes its members out. */
  close(): void;
}

/** Session -> who holds it, and how. A holder is another node, or a seat of this one. */
type Claims = Map<string, Map<string | LocalSeat, Member>>;

interface Room {
  readonly seats: Set<LocalSeat>;
  readonly claims: Claims;
}

/** Runs a {@link GossipMachine} on a clock and a line, and tells the seats of each room what it says. */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #machine: GossipMachine;
  readonly #rooms = new Map<string, Room>();
  readonly #beat: Timer;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#machine = new GossipMachine(options);
    this.#beat = new Timer(options.clock, () => this.#run((now) => this.#machine.tick(now)));
  }

  /** How many other nodes are there whose members are all known. */
  get peers(): number {
    return this.#machine.peers;
  }

  up(): void {
    this.#run((now) => this.#machine.up(now));
  }

  down(): void {
    this.#machine.down();
    this.#beat.clear();
  }

  hear(text: string): void {
    this.#run((now) => this.#machine.hear(text, now));
  }

  /** Says that this node goes. */
  close(): void {
    this.#run(() => this.#machine.bye());
    this.#beat.clear();
  }

  sit(room: string, listener: PresenceListener): Seat {
    const { seats } = this.#room(room);
    const seat: LocalSeat = new LocalSeat(listener, {
      members: () => this.#visibleTo(seat, room),
      put: (member) => {
        this.#claim(room, seat, member);
        this.#run(() => this.#machine.enter(room, member));
      },
      drop: (session) => {
        this.#release(room, seat, session);
        this.#run(() => this.#machine.exit(room, session));
      },
      close: () => {
        seats.delete(seat);
        this.#forgetIfEmpty(room);
      },
    });
    seats.add(seat);
    return seat;
  }

  #run(act: (now: number) => void): void {
    const now = this.#options.clock.now();
    act(now);
    const { send, changes } = this.#machine.take();
    for (const text of send) this.#options.send(text);
    for (const change of changes) {
      if (change.type === "entered") this.#claim(change.room, change.node, change.member);
      else this.#release(change.room, change.node, change.session);
    }
    const { nextAt } = this.#machine;
    if (nextAt === Number.POSITIVE_INFINITY) this.#beat.clear();
    else if (!this.#beat.waiting) this.#beat.set(Math.max(0, nextAt - now));
  }

  #room(name: string): Room {
    let room = this.#rooms.get(name);
    if (room === undefined) this.#rooms.set(name, (room = { seats: new Set(), claims: new Map() }));
    return room;
  }

  #forgetIfEmpty(name: string): void {
    const room = this.#rooms.get(name);
    if (room?.seats.size === 0 && room.claims.size === 0) this.#rooms.delete(name);
  }

  #visibleTo(seat: LocalSeat, name: string): Member[] {
    const sessions = [...(this.#rooms.get(name)?.claims.values() ?? [])];
    return sessions.map((holders) => newestBesides(holders, seat)).filter((member) => member !== undefined);
  }

  /** Each seat hears what changes for it: a session that two hold is one member to it, as whoever spoke last says. */
  #alter(name: string, session: string, act: (holders: Map<string | LocalSeat, Member>) => void): void {
    const { seats, claims } = this.#room(name);
    const holders = claims.get(session) ?? new Map<string | LocalSeat, Member>();
    const before = Array.from(seats, (seat) => [seat, newestBesides(holders, seat)] as const);
    act(holders);
    if (holders.size === 0) claims.delete(session);
    else claims.set(session, holders);
    for (const [seat, was] of before) {
      const is = newestBesides(holders, seat);
      if (is === undefined && was !== undefined) seat.listener.exited(session);
      else if (is !== undefined && JSON.stringify(is) !== JSON.stringify(was)) seat.listener.entered(is);
    }
    this.#forgetIfEmpty(name);
  }

  #claim(room: string, holder: string | LocalSeat, member: Member): void {
    this.#alter(room, member.session, (holders) => {
      holders.delete(holder);
      holders.set(holder, member);
    });
  }

  #release(room: string, holder: string | LocalSeat, session: string): void {
    this.#alter(room, session, (holders) => holders.delete(holder));
  }
}

function newestBesides(holders: ReadonlyMap<string | LocalSeat, Member>, seat: LocalSeat): Member | undefined {
  let newest: Member | undefined;
  for (const [holder, member] of holders) if (holder !== seat) newest = member;
  return newest;
}

interface SeatActs {
  readonly members: () => readonly Member[];
  readonly put: (member: Member) => void;
  readonly drop: (session: string) => void;
  readonly close: () => void;
}

class LocalSeat implements Seat {
  readonly listener: PresenceListener;
  readonly #acts: SeatActs;
  readonly #own = new Set<string>();
  #isClosed = false;

  constructor(listener: PresenceListener, acts: SeatActs) {
    this.listener = listener;
    this.#acts = acts;
  }

  get members(): readonly Member[] {
    return this.#acts.members();
  }

  enter(member: Member): void {
    this.#own.add(member.session);
    this.#acts.put(member);
  }

  exit(session: string): void {
    if (this.#own.delete(session)) this.#acts.drop(session);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#acts.close();
    for (const session of this.#own) this.exit(session);
  }
}
