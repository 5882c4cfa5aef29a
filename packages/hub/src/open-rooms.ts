import { formatLimits } from "@openline/wire";
import { Timer } from "./clock.ts";
import type { Presence, PresenceQuery, RoomSummary } from "./hub-options.ts";
import type { Membership } from "./membership.ts";
import { encodePosition } from "./position.ts";
import { Room } from "./room.ts";
import type { Settings } from "./settings.ts";

/** A room of this node with what keeps it open: its members, and the work that is under way in it. */
export interface OpenRoom {
  readonly room: Room;
  readonly opened: Promise<void>;
  /** Ends the time for which the rules keep it open without members. */
  readonly emptied: Timer;
  holds: number;
}

/** The rooms that this node follows: each is open while it has members here, or while somebody holds it. */
export class OpenRooms {
  readonly #settings: Settings;
  readonly #rooms = new Map<string, OpenRoom>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** Members that read from history what they were too slow for. */
  get spilledCount(): number {
    let spilled = 0;
    for (const { room } of this.#rooms.values()) spilled += room.spilledCount;
    return spilled;
  }

  get(name: string): Room | undefined {
    return this.#rooms.get(name)?.room;
  }

  /** Opens a room, or keeps it open, until `release`. Wait for `opened`, which rejects with what the broker threw. */
  hold(name: string): OpenRoom {
    const open = this.#rooms.get(name) ?? this.#open(name);
    open.emptied.clear();
    open.holds++;
    return open;
  }

  release(open: OpenRoom): void {
    open.holds--;
    this.#closeIfEmpty(open);
  }

  /** Takes a member out of its room for good. */
  leave(membership: Membership, name: string): void {
    const open = this.#rooms.get(name);
    if (open === undefined) return;
    open.room.exit(membership.session);
    this.#closeIfEmpty(open);
  }

  /** Every room that has members here or kept messages, by name. @throws what the broker threw. */
  async summaries(): Promise<RoomSummary[]> {
    const kept = await this.#settings.broker.rooms();
    const summaries: RoomSummary[] = [];
    for (const { room, messages, top } of kept) {
      if (room.startsWith("$")) continue;
      const members = this.get(room)?.memberCount ?? 0;
      if (members > 0 || messages > 0) summaries.push({ room, members, messages, position: encodePosition(top) });
    }
    return summaries.toSorted((one, other) => (one.room < other.room ? -1 : 1));
  }

  /** A page of who is in a room, on all nodes. @throws what the broker threw. */
  async presence(name: string, { after = "", limit = formatLimits.membersListed }: PresenceQuery): Promise<Presence> {
    const open = this.hold(name);
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

  /** Lets go of every room. Nobody is told who leaves after that. */
  close(): void {
    for (const { room, emptied } of this.#rooms.values()) {
      emptied.clear();
      room.close();
    }
    this.#rooms.clear();
  }

  #open(name: string): OpenRoom {
    const room = new Room(this.#settings, name);
    const emptied = new Timer(this.#settings.clock, () => this.#close(name));
    const opening: OpenRoom = { room, opened: room.open(), emptied, holds: 0 };
    this.#rooms.set(name, opening);
    // The store could not be asked: the next one who comes asks again. Who waits hears of it by `opened`.
    opening.opened.catch(() => {
      if (this.#rooms.get(name) === opening) this.#close(name);
    });
    return opening;
  }

  #closeIfEmpty(open: OpenRoom): void {
    if (open.holds > 0 || open.room.memberships.size > 0 || this.#rooms.get(open.room.name) !== open) return;
    const { keepEmptyMs } = open.room.rules;
    if (keepEmptyMs > 0) open.emptied.set(keepEmptyMs);
    else this.#close(open.room.name);
  }

  #close(name: string): void {
    const open = this.#rooms.get(name);
    this.#rooms.delete(name);
    open?.room.close();
  }
}
