import type { BrokerOutcome, BrokerRoom, Page, Position, ReadFrom, StoredMessage } from "@openline/hub";
import { type KeptMessage, LogRoom, type Mark } from "./log-room.ts";
import type { LogRecord } from "./log-session.ts";
import { type LoggedPublish, readEntry } from "./log-text.ts";

export interface LogPartitionOptions {
  /** The log is read from its very beginning: whatever it ever held is known. */
  readonly isWhole: boolean;
  /** The first offset that is read of a log that is not. Default 0. */
  readonly first?: number;
  /**
   * What is read of so long a time at the start of a part of the log may repeat what stands before, and is not served; three windows of publish
   * ids at least: a repetition that is taken for the first one keeps its id for a window longer than it was. Default 120,000 ms.
   */
  readonly warmMs?: number;
}

/** What a record meant. */
export type Applied =
  | {
      readonly type: "decided";
      readonly id: string;
      readonly outcome: BrokerOutcome;
      readonly room: string;
      readonly message: StoredMessage | undefined;
    }
  | { readonly type: "rotated"; readonly epoch: string }
  | { readonly type: "synced"; readonly id: string };

/** The top of a room of which nothing is known but that nothing of it was kept from some offset on. */
const unseenTag = "f";
/** A room of which only the top is left is forgotten after so long. */
const forgetMs = 86_400_000;

/**
 * One partition as a node has read it: a pure machine that takes records in log order. Every node that reads the same records decides the
 * same: which publish is stored, which is a repetition, which epoch holds.
 */
export class LogPartition {
  readonly #rooms = new Map<string, LogRoom>();
  #warmMs: number;
  #isWhole: boolean;
  #epoch: string | undefined;
  readonly #retired = new Set<string>();
  /** No message at or below belongs to what this node knows of unseen rooms. */
  #unseen = 0;
  #warmFrom: number | undefined;
  #isWarm: boolean;
  #last: LogRecord | undefined;

  constructor({ isWhole, first = 0, warmMs = 120_000 }: LogPartitionOptions) {
    this.#isWhole = isWhole;
    this.#unseen = Math.max(0, first - 1);
    this.#warmMs = warmMs;
    this.#isWarm = isWhole;
  }

  /** The epoch that holds; `undefined` as long as no record named one. */
  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** The newest record that was read. */
  get last(): LogRecord | undefined {
    return this.#last;
  }

  /** Serves from here on, whatever the age of what was read: nothing more of the past will come. */
  caughtUp(): void {
    this.#isWarm = true;
  }

  /** Takes the next record. */
  apply(record: LogRecord): Applied | undefined {
    this.#last = record;
    const entry = readEntry(record.text);
    switch (entry?.type) {
      case "publish":
        return this.#publish(record.offset, entry);
      case "candidate":
        if (this.#epoch === undefined) this.#begin(entry.epoch);
        return undefined;
      case "known":
        return this.#confirm(entry.epoch, record.offset);
      case "rotate":
        return this.#rotate(entry.from, entry.to);
      case "sync":
        return { type: "synced", id: entry.id };
      case undefined:
        break;
    }
    return undefined;
  }

  /** Makes a room known, so that where it stands does not change but by its messages. */
  pin(room: string): void {
    this.#room(room);
  }

  read(name: string, from: ReadFrom, now: number): Page {
    const room = this.#rooms.get(name);
    if (room === undefined) {
      const top = this.#positionOf(this.#start());
      return { messages: [], floor: top.offset, top };
    }
    room.expire(now);
    const { messages, floor } = room.read(from);
    return { messages: messages.map((message) => this.#stored(message)), floor, top: this.#positionOf(room.top) };
  }

  rooms(now: number): BrokerRoom[] {
    const rooms: BrokerRoom[] = [];
    for (const [name, room] of this.#rooms) {
      room.expire(now);
      if (room.messageCount > 0) rooms.push({ room: name, top: this.#positionOf(room.top), messages: room.messageCount });
    }
    return rooms;
  }

  /** Lets go of what is old. `isPinned` says which rooms somebody follows. */
  sweep(now: number, isPinned: (room: string) => boolean): void {
    for (const [name, room] of this.#rooms) {
      room.expire(now);
      if (!room.isSpent || isPinned(name) || now - room.touchedAt < forgetMs) continue;
      this.#rooms.delete(name);
      // From now on nobody can be told that nothing was missed since before.
      if (room.top.tag !== "0") this.#unseen = Math.max(this.#unseen, room.top.offset);
      this.#isWhole &&= this.#unseen === 0;
    }
  }

  #publish(offset: number, publish: LoggedPublish): Applied {
    const { id, room: name, tag, time, retention, idempotency, content } = publish;
    const isWarming = this.#isWarming(time, idempotency?.windowMs ?? 0);
    const room = isWarming ? this.#warm(name, offset) : this.#room(name);
    room.touchedAt = time;
    const before = idempotency === undefined ? undefined : room.used(idempotency.key, idempotency.fingerprint, time);
    if (before?.outcome === "conflict") return { type: "decided", id, outcome: before, room: name, message: undefined };
    if (before !== undefined) {
      const outcome = { outcome: before.outcome, position: this.#positionOf(before.mark) };
      return { type: "decided", id, outcome, room: name, message: undefined };
    }
    const mark = { offset, tag };
    if (idempotency !== undefined) room.remember(idempotency.key, idempotency.fingerprint, mark, time + idempotency.windowMs);
    const outcome = { outcome: "stored" as const, position: this.#positionOf(mark) };
    if (isWarming) return { type: "decided", id, outcome, room: name, message: undefined };
    const previous = room.top.tag === "0" ? null : room.top;
    const message = { ...mark, previous, content, bytes: Buffer.byteLength(content), time };
    room.append(message, retention);
    return { type: "decided", id, outcome, room: name, message: this.#stored(message) };
  }

  #isWarming(time: number, windowMs: number): boolean {
    if (this.#isWarm) return false;
    this.#warmFrom ??= time;
    this.#warmMs = Math.max(this.#warmMs, 3 * windowMs);
    if (time < this.#warmFrom + this.#warmMs) return true;
    this.#isWarm = true;
    return false;
  }

  /** What is read first may be a repetition of what was not read: its ids count, it does not. */
  #warm(name: string, offset: number): LogRoom {
    this.#unseen = Math.max(this.#unseen, offset);
    this.#isWhole = false;
    const room = this.#room(name);
    room.restart(this.#start());
    return room;
  }

  /** Where a room stands of which nothing was read. */
  #start(): Mark {
    return this.#isWhole ? { offset: 0, tag: "0" } : { offset: this.#unseen, tag: unseenTag };
  }

  #room(name: string): LogRoom {
    let room = this.#rooms.get(name);
    if (room === undefined) this.#rooms.set(name, (room = new LogRoom(this.#start())));
    return room;
  }

  /** Nothing that was read before belongs to an epoch that begins here. */
  #begin(epoch: string): void {
    if (this.#epoch !== undefined) this.#retired.add(this.#epoch);
    this.#epoch = epoch;
    this.#isWhole = true;
    this.#unseen = 0;
    for (const room of this.#rooms.values()) room.restart(this.#start());
  }

  /** The epoch that holds, said by a node that may have read more than this one. */
  #confirm(epoch: string, offset: number): Applied | undefined {
    if (this.#retired.has(epoch) || this.#epoch === epoch) return undefined;
    const isFirst = this.#epoch === undefined;
    this.#epoch = epoch;
    if (isFirst) return undefined;
    // What was read began amid the log with a proposal that did not win: where rooms stood before it is not known.
    this.#isWhole = false;
    this.#unseen = offset;
    for (const room of this.#rooms.values()) room.restart(this.#start());
    return { type: "rotated", epoch };
  }

  #rotate(from: string, to: string): Applied | undefined {
    if (this.#epoch !== undefined && this.#epoch !== from) {
      this.#retired.add(from);
      return undefined;
    }
    this.#retired.add(from);
    this.#begin(to);
    return { type: "rotated", epoch: to };
  }

  #positionOf(mark: Mark): Position {
    return { epoch: this.#epoch ?? "unknown", offset: mark.offset, tag: mark.tag };
  }

  #stored({ offset, tag, previous, content, bytes, time }: KeptMessage): StoredMessage {
    return {
      position: this.#positionOf({ offset, tag }),
      ...(previous?.tag === unseenTag
        ? { previous: undefined, after: this.#positionOf(previous) }
        : { previous: previous === null ? null : this.#positionOf(previous) }),
      content,
      bytes,
      time,
    };
  }
}
