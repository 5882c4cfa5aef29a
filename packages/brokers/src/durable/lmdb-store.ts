import type { Database, RootDatabase } from "lmdb";
import { loadPeer } from "../optional-peer.ts";
import type { Change, MessageRow, RoomRecord, Store, UsedId } from "./store.ts";

/**
 * What an acknowledged publish survives. `os`: the death of the process, as the system holds what was written. `fsync`: a loss of power too,
 * as the disk has confirmed it.
 */
export type Durability = "os" | "fsync";

/** Small facts about the store as a whole. */
export interface Facts {
  readonly format: number;
  /** How many times something was committed. */
  readonly commits: number;
  /** When the last commit was made, in milliseconds since 1970. */
  readonly committedAt: number;
  /** Which store this is; the witness says the same. */
  readonly id: string;
  /** When the witness was last changed, in nanoseconds since 1970, as decimal digits. */
  readonly witness: string;
  readonly durability: Durability;
  /** Whether the last run ended by `close`. */
  readonly isClosed: boolean;
}

type StoredRow = [tag: string, previousTag: string, content: string, bytes: number, time: number];
type StoredRecord = [epoch: string, offset: number, tag: string, floor: number, bytes: number, time: number, retention: number[]];
type StoredId = [fingerprint: string, epoch: string, offset: number, tag: string, until: number];
type Key = (string | number)[];

/** A {@link Store} in one file of LMDB: one writer, reads from the memory map, group commit in LMDB's own thread. */
export class LmdbStore implements Store {
  readonly #root: RootDatabase<unknown, string>;
  readonly #rooms: Database<StoredRecord, string>;
  readonly #messages: Database<StoredRow, Key>;
  readonly #ids: Database<StoredId, Key>;
  /** Publish ids by the time at which they may be forgotten. */
  readonly #windows: Database<number, Key>;
  readonly #facts: Database<Facts, string>;
  #current: Facts | undefined;

  private constructor(root: RootDatabase<unknown, string>) {
    this.#root = root;
    this.#rooms = root.openDB({ name: "rooms" });
    this.#messages = root.openDB({ name: "messages" });
    this.#ids = root.openDB({ name: "ids" });
    this.#windows = root.openDB({ name: "windows" });
    this.#facts = root.openDB({ name: "facts" });
    this.#current = this.#facts.get("facts");
  }

  /** Opens the file, or makes it. @throws whatever LMDB says of a file that is none of its own */
  static async open(file: string): Promise<LmdbStore> {
    const { open } = await loadPeer({ name: "lmdb", neededBy: "the durable store (--data)" }, async () => await import("lmdb"));
    return new LmdbStore(open<unknown, string>({ path: file, noSubdir: true, maxDbs: 8 }));
  }

  get facts(): Facts | undefined {
    return this.#current;
  }

  async setFacts(facts: Facts): Promise<void> {
    this.#current = facts;
    await this.#facts.put("facts", facts);
    await this.#root.flushed;
  }

  room(room: string): RoomRecord | undefined {
    const stored = this.#rooms.get(room);
    return stored === undefined ? undefined : recordOf(stored);
  }

  rooms(after: string | undefined, most: number): [string, RoomRecord][] {
    const range = after === undefined ? { limit: most } : { start: after, exclusiveStart: true, limit: most };
    return Array.from(this.#rooms.getRange(range), ({ key, value }): [string, RoomRecord] => [key, recordOf(value)]);
  }

  *messages(room: string, from: number, to: number): Iterable<[number, MessageRow]> {
    for (const { key, value } of this.#messages.getRange({ start: [room, from], end: [room, to + 1] })) {
      const [tag, previousTag, content, bytes, time] = value;
      yield [Number(key[1]), { tag, previousTag, content, bytes, time }];
    }
  }

  usedId(room: string, key: string): UsedId | undefined {
    const stored = this.#ids.get([room, key]);
    if (stored === undefined) return undefined;
    const [fingerprint, epoch, offset, tag, until] = stored;
    return { fingerprint, position: { epoch, offset, tag }, until };
  }

  async write(changes: readonly Change[]): Promise<void> {
    const facts = this.#current;
    if (facts === undefined) throw new Error("the store has no facts yet");
    const next = { ...facts, commits: facts.commits + 1, committedAt: Date.now() };
    // One callback is one transaction: LMDB's thread commits it while this one goes on.
    await this.#root.batch(() => {
      for (const change of changes) this.#apply(change);
      void this.#facts.put("facts", next);
    });
    if (facts.durability === "fsync") await this.#root.flushed;
    this.#current = next;
  }

  async close(): Promise<void> {
    await this.#root.flushed;
    await this.#root.close();
  }

  #apply(change: Change): void {
    switch (change.type) {
      case "room":
        return void this.#rooms.put(change.room, storedRecord(change.record));
      case "remove-room":
        return void this.#rooms.remove(change.room);
      case "message": {
        const { tag, previousTag, content, bytes, time } = change.row;
        return void this.#messages.put([change.room, change.offset], [tag, previousTag, content, bytes, time]);
      }
      case "drop":
        for (let offset = change.from; offset < change.to; offset++) void this.#messages.remove([change.room, offset]);
        return;
      case "id": {
        const { fingerprint, position, until } = change.used;
        void this.#ids.put([change.room, change.key], [fingerprint, position.epoch, position.offset, position.tag, until]);
        return void this.#windows.put([until, change.room, change.key], 1);
      }
      case "forget-ids":
        return this.#forgetIds(change.until, change.most);
    }
  }

  #forgetIds(until: number, most: number): void {
    for (const key of Array.from(this.#windows.getKeys({ end: [until, "\u{10ffff}"], limit: most }))) {
      void this.#windows.remove(key);
      const [ends, room = "", id = ""] = key;
      // The id may have been used again since, with a later end.
      if (this.#ids.get([room, id])?.[4] === ends) void this.#ids.remove([room, id]);
    }
  }
}

function recordOf([epoch, offset, tag, floor, bytes, time, retention]: StoredRecord): RoomRecord {
  const [messages = 0, mostBytes = 0, ageMs = 0] = retention;
  return { top: { epoch, offset, tag }, floor, bytes, time, retention: { messages, bytes: mostBytes, ageMs } };
}

function storedRecord({ top, floor, bytes, time, retention }: RoomRecord): StoredRecord {
  return [top.epoch, top.offset, top.tag, floor, bytes, time, [retention.messages, retention.bytes, retention.ageMs]];
}
