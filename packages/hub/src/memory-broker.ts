import {
  type Broker,
  type BrokerOutcome,
  type BrokerRoom,
  type Page,
  type Publication,
  type ReadFrom,
  RoomLimitError,
  type Signal,
  type Subscriber,
  type Subscription,
} from "./broker.ts";
import { type Clock, Timer } from "./clock.ts";
import type { IdSource } from "./id-source.ts";
import { LocalSubscription } from "./local-room.ts";
import { MemoryRoom } from "./memory-room.ts";
import { epochStart, type Position, samePosition } from "./position.ts";

/** How a {@link MemoryBroker} is made. */
export interface MemoryBrokerOptions {
  readonly clock: Clock;
  readonly ids: Pick<IdSource, "epoch" | "tag">;
  /** How often expired messages are let go of and empty rooms vanish, beyond what reading and publishing do. Default 10,000. */
  readonly sweepIntervalMs?: number;
  /** Most rooms that are kept at a time, those of the system not counted; a publish to one more, or a subscription, is rejected with a {@link RoomLimitError}. Default 100,000. */
  readonly maxRooms?: number | undefined;
}

/**
 * Rooms in the memory of one process; several hubs of that process may share one. A room vanishes when it has neither subscribers nor kept messages nor publish ids
 * to remember. Once something was published to it, it comes again with another epoch: what was missed cannot be told any more.
 */
export class MemoryBroker implements Broker {
  readonly #clock: Clock;
  readonly #ids: Pick<IdSource, "epoch" | "tag">;
  readonly #sweepIntervalMs: number;
  readonly #maxRooms: number;
  readonly #sweep: Timer;
  readonly #rooms = new Map<string, MemoryRoom>();
  /** With this epoch rooms begin: another one from the day on which a room vanished whose start is not its end. */
  #freshEpoch: string | undefined;
  /** Rooms that are not the system's. */
  #counted = 0;
  #isClosed = false;

  constructor(options: MemoryBrokerOptions) {
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#sweepIntervalMs = options.sweepIntervalMs ?? 10_000;
    this.#maxRooms = options.maxRooms ?? 100_000;
    this.#sweep = new Timer(options.clock, () => this.#sweepRooms());
  }

  async publish(room: string, publication: Publication): Promise<BrokerOutcome> {
    const outcome = this.#open(room).publish(publication, this.#ids.tag());
    this.#vanishIfIdle(room);
    return outcome;
  }

  signal(room: string, signal: Signal): void {
    this.#rooms.get(room)?.local.signal(signal);
  }

  async read(room: string, from: ReadFrom): Promise<Page> {
    const found = this.#rooms.get(room);
    if (found !== undefined) return found.read(from, this.#clock.now());
    return { messages: [], floor: 0, top: this.#beginning };
  }

  async subscribe(room: string, subscriber: Subscriber): Promise<Subscription> {
    const { local, top } = this.#open(room);
    return new LocalSubscription(local, subscriber, top, () => this.#vanishIfIdle(room));
  }

  async rotate(room: string, epoch: string): Promise<void> {
    const found = this.#rooms.get(room);
    if (found?.top.epoch === epoch) found.rotate(this.#ids.epoch());
  }

  async rooms(): Promise<readonly BrokerRoom[]> {
    this.#expireRooms();
    return [...this.#rooms].map(([room, { top, messageCount }]) => ({ room, top, messages: messageCount }));
  }

  /** Forgets everything and does nothing more: later publishes, reads and subscriptions are rejected. */
  close(): void {
    this.#isClosed = true;
    this.#rooms.clear();
    this.#sweep.clear();
  }

  /** Where rooms begin to which nothing was published. */
  get #beginning(): Position {
    this.#freshEpoch ??= this.#ids.epoch();
    return epochStart(this.#freshEpoch);
  }

  #open(room: string): MemoryRoom {
    if (this.#isClosed) throw new Error("the broker is closed");
    let found = this.#rooms.get(room);
    if (found === undefined) {
      if (!isSystem(room)) this.#count(room);
      found = new MemoryRoom(this.#beginning);
      this.#rooms.set(room, found);
      if (!this.#sweep.waiting) this.#sweep.set(this.#sweepIntervalMs);
    }
    return found;
  }

  #count(room: string): void {
    if (this.#counted >= this.#maxRooms) throw new RoomLimitError(room, this.#maxRooms);
    this.#counted++;
  }

  #vanishIfIdle(room: string): void {
    const found = this.#rooms.get(room);
    if (found === undefined || found.local.subscriptions.size > 0) return;
    found.expire(this.#clock.now());
    if (!found.isIdle) return;
    this.#rooms.delete(room);
    if (!samePosition(found.top, this.#beginning)) this.#freshEpoch = undefined;
    if (!isSystem(room)) this.#counted--;
    if (this.#rooms.size === 0) this.#sweep.clear();
  }

  #expireRooms(): void {
    for (const [name, room] of this.#rooms) {
      room.expire(this.#clock.now());
      this.#vanishIfIdle(name);
    }
  }

  #sweepRooms(): void {
    this.#expireRooms();
    if (this.#rooms.size > 0) this.#sweep.set(this.#sweepIntervalMs);
  }
}

function isSystem(room: string): boolean {
  return room.startsWith("$");
}
