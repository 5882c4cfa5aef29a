import type { HubActivity } from "@openline/hub";

/** What is known of one session of a worker, from what it did. */
interface Presence {
  readonly session: string;
  readonly user?: string;
  readonly subject?: string;
  isConnected: boolean;
  readonly rooms: Set<string>;
}

export interface RoomLedgerOptions {
  /** Hears what all workers did, in their order. */
  readonly tell: (activity: HubActivity) => void;
  /** Whether these workers are all there is: then rooms are occupied and vacated by what they do, once for all. Else each says what it sees. */
  readonly isWhole: boolean;
  readonly now: () => number;
}

/** Makes one account of what the sessions of all workers do: who dies with its worker has left, and a room is occupied once, whoever comes first. */
export class RoomLedger {
  readonly #options: RoomLedgerOptions;
  readonly #workers = new Map<number, Map<string, Presence>>();
  readonly #members = new Map<string, number>();

  constructor(options: RoomLedgerOptions) {
    this.#options = options;
  }

  /** Rooms that have a member, where that is known. */
  get occupied(): number {
    return this.#members.size;
  }

  /** A worker says what one of its sessions did. */
  hear(worker: number, activity: HubActivity): void {
    const { tell, isWhole } = this.#options;
    const session = "session" in activity ? activity.session : undefined;
    const isOwnView = activity.type === "occupied" || activity.type === "vacated";
    if (!isOwnView || !isWhole) tell(activity);
    if (session === undefined) return;
    const sessions = this.#workers.get(worker) ?? new Map<string, Presence>();
    this.#workers.set(worker, sessions);
    this.#follow(sessions, session, activity);
  }

  /** A worker is gone, and its sessions with it. `tells`: whether somebody should hear of it. */
  leave(worker: number, tells: boolean): void {
    const sessions = this.#workers.get(worker);
    this.#workers.delete(worker);
    for (const { rooms, isConnected, ...actor } of sessions?.values() ?? []) {
      const time = this.#options.now();
      const left = { time, ...actor };
      if (tells && isConnected) this.#options.tell({ ...left, type: "disconnect", code: 1006, reason: "the worker process ended" });
      for (const room of rooms) {
        if (tells) this.#options.tell({ ...left, type: "leave", room });
        this.#count(room, -1, tells ? time : undefined);
      }
    }
  }

  #follow(sessions: Map<string, Presence>, session: string, activity: HubActivity): void {
    const known = sessions.get(session);
    switch (activity.type) {
      case "connect":
        if (known !== undefined) known.isConnected = true;
        else sessions.set(session, presenceOf(activity));
        break;
      case "disconnect":
        if (known === undefined) break;
        known.isConnected = false;
        if (known.rooms.size === 0) sessions.delete(session);
        break;
      case "join":
        if (known?.rooms.has(activity.room) !== false) break;
        known.rooms.add(activity.room);
        this.#count(activity.room, 1, activity.time);
        break;
      case "leave":
        if (known?.rooms.delete(activity.room) !== true) break;
        this.#count(activity.room, -1, activity.time);
        if (!known.isConnected && known.rooms.size === 0) sessions.delete(session);
        break;
      case "publish":
      case "send":
      case "occupied":
      case "vacated":
        break;
    }
  }

  #count(room: string, change: 1 | -1, time: number | undefined): void {
    const { isWhole, tell } = this.#options;
    if (!isWhole) return;
    const count = (this.#members.get(room) ?? 0) + change;
    if (count > 0) this.#members.set(room, count);
    else this.#members.delete(room);
    if (time === undefined) return;
    if (change > 0 && count === 1) tell({ time, type: "occupied", room });
    if (change < 0 && count === 0) tell({ time, type: "vacated", room });
  }
}

function presenceOf({ session, user, subject }: HubActivity & { readonly type: "connect" }): Presence {
  return {
    session,
    ...(user !== undefined && { user }),
    ...(subject !== undefined && { subject }),
    isConnected: true,
    rooms: new Set(),
  };
}
