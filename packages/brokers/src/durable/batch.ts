import { type BrokerOutcome, epochStart, type IdSource, type Position, type Publication, type StoredMessage } from "@openline/hub";
import type { Change, MessageRow, RoomRecord, Store, UsedId } from "./store.ts";

/** How one publish of a batch ends, once the batch is committed. */
export interface Prepared {
  readonly outcome: BrokerOutcome;
  /** Missing for what was stored before. */
  readonly message?: StoredMessage;
}

/** Works out what a run of requests changes, each seeing those before it. Nothing holds until the changes are written. */
export class Batch {
  readonly changes: Change[] = [];
  readonly #store: Store;
  readonly #ids: Pick<IdSource, "epoch" | "tag">;
  readonly #now: number;
  readonly #records = new Map<string, RoomRecord>();
  readonly #usedIds = new Map<string, UsedId>();

  constructor(store: Store, ids: Pick<IdSource, "epoch" | "tag">, now: number) {
    this.#store = store;
    this.#ids = ids;
    this.#now = now;
  }

  /** The room's record; the room begins with it if there is none. */
  record(room: string): RoomRecord {
    const known = this.#records.get(room) ?? this.#store.room(room);
    if (known !== undefined) return known;
    const retention = { messages: 0, bytes: 0, ageMs: 0 };
    return this.#set(room, { top: epochStart(this.#ids.epoch()), floor: 1, bytes: 0, retention, time: this.#now });
  }

  publish(room: string, publication: Publication): Prepared {
    const { idempotency } = publication;
    const used = idempotency === undefined ? undefined : this.#usedId(room, idempotency.key);
    if (used !== undefined && used.until > publication.time) {
      const isSame = used.fingerprint === idempotency?.fingerprint;
      return { outcome: isSame ? { outcome: "duplicate", position: used.position } : { outcome: "conflict" } };
    }
    const message = this.#append(room, publication);
    const { position } = message;
    if (idempotency !== undefined) {
      const { key, fingerprint, windowMs } = idempotency;
      const entry = { fingerprint, position, until: publication.time + windowMs };
      this.#usedIds.set(idOf(room, key), entry);
      this.changes.push({ type: "id", room, key, used: entry });
    }
    return { outcome: { outcome: "stored", position }, message };
  }

  /** True when the room was still in that epoch and is now in another. */
  rotate(room: string, epoch: string): boolean {
    const record = this.#records.get(room) ?? this.#store.room(room);
    if (record?.top.epoch !== epoch) return false;
    this.changes.push({ type: "drop", room, from: record.floor, to: record.top.offset + 1 });
    this.#set(room, { ...record, top: epochStart(this.#ids.epoch()), floor: 1, bytes: 0 });
    return true;
  }

  /** Goes on in a new epoch with the messages that are there: they stay readable, and no position from before continues. */
  rename(room: string, record: RoomRecord): void {
    const epoch = this.#ids.epoch();
    const top = record.top.offset === 0 ? epochStart(epoch) : { ...record.top, epoch };
    this.#set(room, { ...record, top });
  }

  /** Lets go of what the room's rules no longer keep. */
  sweep(room: string, record: RoomRecord): void {
    this.#drop(room, record, 1, this.#now);
  }

  #append(room: string, { content, bytes, time, retention }: Publication): StoredMessage {
    const record = this.record(room);
    const { top } = record;
    const previous = top.offset === 0 ? null : top;
    const row: MessageRow = { tag: this.#ids.tag(), previousTag: previous?.tag ?? "", content, bytes, time };
    const position: Position = { epoch: top.epoch, offset: top.offset + 1, tag: row.tag };
    this.changes.push({ type: "message", room, offset: position.offset, row });
    const grown = this.#set(room, { top: position, floor: record.floor, bytes: record.bytes + bytes, retention, time });
    // Reading what to let go of costs more than keeping a little longer; an engine may keep more than it must.
    this.#drop(room, grown, 9 / 8, Number.NEGATIVE_INFINITY);
    return { position, previous, content, bytes, time };
  }

  /** Looks only at what was committed before: the store cannot show more. */
  #drop(room: string, record: RoomRecord, slack: number, now: number): void {
    const { top, retention } = record;
    const most = slack === 1 ? retention.messages : retention.messages * slack + 16;
    const isOver = top.offset - record.floor + 1 > most || record.bytes > retention.bytes * slack;
    if (!isOver && now < 0) return;
    let { floor, bytes } = record;
    for (const [offset, row] of this.#store.messages(room, record.floor, top.offset)) {
      const fits = top.offset - offset + 1 <= retention.messages && bytes <= retention.bytes;
      if (fits && now - row.time <= retention.ageMs) break;
      floor = offset + 1;
      bytes -= row.bytes;
    }
    if (floor === record.floor) return;
    this.changes.push({ type: "drop", room, from: record.floor, to: floor });
    this.#set(room, { ...record, floor, bytes });
  }

  #usedId(room: string, key: string): UsedId | undefined {
    return this.#usedIds.get(idOf(room, key)) ?? this.#store.usedId(room, key);
  }

  #set(room: string, record: RoomRecord): RoomRecord {
    this.#records.set(room, record);
    this.changes.push({ type: "room", room, record });
    return record;
  }
}

const idOf = (room: string, key: string): string => `${room.length} ${room}${key}`;
