import {
  type Broker,
  type BrokerOutcome,
  type BrokerRoom,
  type Clock,
  type IdSource,
  LocalRoom,
  LocalSubscription,
  type Page,
  type Publication,
  type ReadFrom,
  type Signal,
  type StoredMessage,
  type Subscriber,
  type Subscription,
} from "@openline/hub";
import { BrokerError } from "../broker-error.ts";
import { Batch } from "./batch.ts";
import { DataDirectory, type Doubt } from "./data-directory.ts";
import type { Durability } from "./lmdb-store.ts";
import type { RoomRecord, Store } from "./store.ts";

/** How a {@link DurableBroker} is opened. */
export interface DurableBrokerOptions {
  /** The directory; made if it is not there. One process at a time. */
  readonly directory: string;
  /** What an acknowledged publish survives. Default `os`: the death of the process. */
  readonly durability?: Durability;
  readonly clock: Clock;
  readonly ids: Pick<IdSource, "epoch" | "tag">;
  /** How often expired messages and publish ids are let go of. Default 10,000. */
  readonly sweepIntervalMs?: number;
  /** Hears what was found at the start and what failed. Default: nobody. */
  readonly log?: (event: DurableEvent) => void;
}

export type DurableEvent =
  /** The store cannot be proved to continue the last run: every room goes on in a new epoch, so every client is told to reload. */
  { readonly type: "rotated"; readonly why: Doubt; readonly rooms: number } | { readonly type: "fault"; readonly error: unknown };

/** One step in the order of the store. `prepare` says what changes; what it returns is called when that is committed. */
interface Job {
  readonly prepare: (batch: Batch) => () => void;
  readonly fail: (error: unknown) => void;
}

/** How many publishes share a commit at most: it bounds how long the event loop is held. */
const jobsPerBatch = 500;
/** How many rooms and publish ids one sweep looks at. */
const sweepStep = 1_000;
/** A room that nobody follows and that keeps nothing stays known so long beyond its last message, for the sake of positions and publish ids. */
const graceMs = 3_600_000;

/**
 * Rooms in a directory of this machine, for one process. Publishes that come while a commit is under way share the next one; a message is
 * acknowledged and delivered when its commit is safe at the level that was asked for, never before.
 */
export class DurableBroker implements Broker {
  readonly #store: Store;
  readonly #options: DurableBrokerOptions;
  readonly #rooms = new Map<string, LocalRoom>();
  #queue: Job[] = [];
  #writing: Promise<void> | undefined;
  #sweepTimer: unknown;
  #sweptTo: string | undefined;
  #closing: Promise<void> | undefined;

  private constructor(store: Store, options: DurableBrokerOptions) {
    this.#store = store;
    this.#options = options;
    this.#setSweep();
  }

  /**
   * Opens the directory. Close the broker at the end: the next start then knows that nothing is missing.
   * @throws BrokerError one line that says what is wrong with the directory, or that the package `lmdb` is missing
   */
  static async open(options: DurableBrokerOptions): Promise<DurableBroker> {
    const directory = await DataDirectory.open(options.directory, options.durability ?? "os");
    if (directory.doubt !== undefined) {
      const rooms = await renameEpochs(directory, options);
      options.log?.({ type: "rotated", why: directory.doubt, rooms });
    }
    return new DurableBroker(directory, options);
  }

  async publish(room: string, publication: Publication): Promise<BrokerOutcome> {
    return await this.#do((batch) => {
      const { outcome, message } = batch.publish(room, publication);
      return () => {
        if (message !== undefined) this.#rooms.get(room)?.deliver(message);
        return outcome;
      };
    });
  }

  signal(room: string, signal: Signal): void {
    this.#rooms.get(room)?.signal(signal);
  }

  async read(room: string, from: ReadFrom): Promise<Page> {
    this.#checkOpen();
    const record = this.#store.room(room) ?? (await this.#do((batch) => () => batch.record(room)));
    const { top, floor } = record;
    const [start, end] = rangeOf(from, top.offset);
    return {
      messages: this.#messages(room, record, Math.max(floor, start), Math.min(end, top.offset)),
      floor: Math.min(floor, top.offset),
      top,
    };
  }

  async subscribe(room: string, subscriber: Subscriber): Promise<Subscription> {
    return await this.#do((batch) => {
      const { top } = batch.record(room);
      return () => {
        const open = this.#rooms.get(room) ?? new LocalRoom();
        this.#rooms.set(room, open);
        return new LocalSubscription(open, subscriber, top, () => {
          if (open.subscriptions.size === 0) this.#rooms.delete(room);
        });
      };
    });
  }

  async rotate(room: string, epoch: string): Promise<void> {
    await this.#do((batch) => {
      const isNew = batch.rotate(room, epoch);
      return () => {
        if (isNew) this.#rooms.get(room)?.tellInsufficient();
      };
    });
  }

  async rooms(): Promise<readonly BrokerRoom[]> {
    this.#checkOpen();
    const rooms: BrokerRoom[] = [];
    for (let page = this.#store.rooms(undefined, sweepStep); page.length > 0; page = this.#store.rooms(page.at(-1)?.[0], sweepStep)) {
      for (const [room, { top, floor }] of page) rooms.push({ room, top, messages: top.offset - floor + 1 });
    }
    return rooms;
  }

  /** Commits what is under way, then closes the directory; `closed` tells when. Later calls are rejected. */
  close(): void {
    this.#closing ??= this.#close();
  }

  /** Resolves when the directory is free for the next process, rejects with what went wrong in closing it. */
  async closed(): Promise<void> {
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.#options.clock.clearTimeout(this.#sweepTimer);
    while (this.#writing !== undefined) await this.#writing;
    this.#rooms.clear();
    try {
      await this.#store.close();
    } catch (error) {
      this.#options.log?.({ type: "fault", error });
    }
  }

  #messages(room: string, { top }: RoomRecord, start: number, end: number): StoredMessage[] {
    const messages: StoredMessage[] = [];
    if (start > end) return messages;
    for (const [offset, { tag, previousTag, content, bytes, time }] of this.#store.messages(room, start, end)) {
      const previous = offset === 1 ? null : { epoch: top.epoch, offset: offset - 1, tag: previousTag };
      messages.push({ position: { epoch: top.epoch, offset, tag }, previous, content, bytes, time });
    }
    return messages;
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new BrokerError("closed", "the durable store is closed");
  }

  /** Puts one step into the order of the store; resolves with its result when it is committed. */
  async #do<T>(prepare: (batch: Batch) => () => T): Promise<T> {
    this.#checkOpen();
    return await new Promise<T>((resolve, reject) => {
      const step = (batch: Batch): (() => void) => {
        const finish = prepare(batch);
        return () => resolve(finish());
      };
      this.#queue.push({ prepare: step, fail: reject });
      this.#writing ??= this.#write();
    });
  }

  async #write(): Promise<void> {
    // Calls of the same turn share the first commit.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const jobs = this.#queue.slice(0, jobsPerBatch);
      this.#queue = this.#queue.slice(jobsPerBatch);
      try {
        await this.#commit(jobs);
      } catch (error) {
        for (const job of jobs) job.fail(error);
      }
    }
    this.#writing = undefined;
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    const batch = new Batch(this.#store, this.#options.ids, this.#options.clock.now());
    const finishes = jobs.map((job) => job.prepare(batch));
    if (batch.changes.length > 0) await this.#store.write(batch.changes);
    for (const finish of finishes) finish();
  }

  #setSweep(): void {
    if (this.#closing !== undefined) return;
    this.#sweepTimer = this.#options.clock.setTimeout(() => this.#sweep(), this.#options.sweepIntervalMs ?? 10_000);
  }

  /** A part of the rooms at a time, so that a store of any size never holds the event loop for long. */
  #sweep(): void {
    const page = this.#store.rooms(this.#sweptTo, sweepStep);
    this.#sweptTo = page.length < sweepStep ? undefined : page.at(-1)?.[0];
    const now = this.#options.clock.now();
    this.#do((batch) => {
      for (const [room, { time, retention }] of page) {
        const record = batch.record(room);
        const isPast = !this.#rooms.has(room) && record.time === time && now - time > retention.ageMs + graceMs;
        batch.sweep(room, record);
        if (isPast) batch.changes.push({ type: "remove-room", room });
      }
      batch.changes.push({ type: "forget-ids", until: now, most: sweepStep });
      return () => this.#setSweep();
    }).catch((error: unknown) => {
      if (this.#closing === undefined) this.#options.log?.({ type: "fault", error });
      this.#setSweep();
    });
  }
}

/** The first and the last offset that a read asks for: offsets are dense here. */
function rangeOf(from: ReadFrom, top: number): [number, number] {
  if ("offset" in from) return [from.offset, from.limit === undefined ? top : from.offset + from.limit - 1];
  const end = Math.min(top, (from.before ?? Number.POSITIVE_INFINITY) - 1);
  return [end - from.newest + 1, end];
}

async function renameEpochs(store: Store, { ids, clock }: DurableBrokerOptions): Promise<number> {
  let count = 0;
  for (let page = store.rooms(undefined, sweepStep); page.length > 0; page = store.rooms(page.at(-1)?.[0], sweepStep)) {
    const batch = new Batch(store, ids, clock.now());
    for (const [room, record] of page) batch.rename(room, record);
    await store.write(batch.changes);
    count += page.length;
  }
  return count;
}
