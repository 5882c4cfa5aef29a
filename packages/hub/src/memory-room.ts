import type { BrokerOutcome, Idempotency, Page, Publication, ReadFrom, StoredMessage } from "./broker.ts";
import { LocalRoom } from "./local-room.ts";
import { epochStart, type Position } from "./position.ts";
import { isExpired } from "./retention.ts";
import type { Retention } from "./rules.ts";

interface UsedId {
  readonly fingerprint: string;
  readonly position: Position;
  readonly until: number;
}

/** One room of a {@link MemoryBroker}. */
export class MemoryRoom {
  readonly local: LocalRoom = new LocalRoom();
  readonly #usedIds = new Map<string, UsedId>();
  #messages: StoredMessage[] = [];
  #top: Position;
  #retention: Retention | undefined;
  #bytes = 0;

  constructor(beginning: Position) {
    this.#top = beginning;
  }

  get top(): Position {
    return this.#top;
  }

  get messageCount(): number {
    return this.#messages.length;
  }

  /** True when nobody would miss the room: no subscriber, no message, no publish id that must be remembered. */
  get isIdle(): boolean {
    return this.local.subscriptions.size === 0 && this.#messages.length === 0 && this.#usedIds.size === 0;
  }

  publish(publication: Publication, tag: string): BrokerOutcome {
    const { idempotency } = publication;
    const used = idempotency === undefined ? undefined : this.#usedIds.get(idempotency.key);
    if (used !== undefined && used.until > publication.time) {
      return used.fingerprint === idempotency?.fingerprint ? { outcome: "duplicate", position: used.position } : { outcome: "conflict" };
    }
    const message = this.#append(publication, tag);
    if (idempotency !== undefined) this.#remember(idempotency, message.position, publication.time);
    this.expire(publication.time);
    this.local.deliver(message);
    return { outcome: "stored", position: message.position };
  }

  read(from: ReadFrom, now: number): Page {
    this.expire(now);
    const floor = this.#messages[0]?.position.offset ?? this.#top.offset;
    // Offsets are dense here, so the place in the array is known.
    const place = (offset: number): number => Math.min(Math.max(0, offset - floor), this.#messages.length);
    const messages =
      "offset" in from ? this.#slice(place(from.offset), from.limit) : this.#newest(from.newest, place(from.before ?? Infinity));
    return { messages, floor, top: this.#top };
  }

  #slice(start: number, count: number | undefined): StoredMessage[] {
    return this.#messages.slice(start, count === undefined ? undefined : start + count);
  }

  #newest(count: number, end: number): StoredMessage[] {
    return this.#messages.slice(Math.max(0, end - count), end);
  }

  rotate(epoch: string): void {
    this.#messages = [];
    this.#bytes = 0;
    this.#top = epochStart(epoch);
    this.local.tellInsufficient();
  }

  /** Lets go of what the rules no longer keep. */
  expire(now: number): void {
    this.#expireMessages(now);
    for (const [key, used] of this.#usedIds) {
      // The window is the same for all, so the oldest entries stand first.
      if (used.until > now) break;
      this.#usedIds.delete(key);
    }
  }

  /** Looks at the oldest only: this runs at every publish. */
  #expireMessages(now: number): void {
    const retention = this.#retention;
    if (retention === undefined) return;
    let count = 0;
    for (const message of this.#messages) {
      const fits = this.#messages.length - count <= retention.messages && this.#bytes <= retention.bytes;
      if (fits && !isExpired(message, retention, now)) break;
      this.#bytes -= message.bytes;
      count++;
    }
    if (count > 0) this.#messages.splice(0, count);
  }

  #append(publication: Publication, tag: string): StoredMessage {
    const previous = this.#top.offset === 0 ? null : this.#top;
    const position = { epoch: this.#top.epoch, offset: this.#top.offset + 1, tag };
    const message = { position, previous, content: publication.content, bytes: publication.bytes, time: publication.time };
    this.#messages.push(message);
    this.#bytes += message.bytes;
    this.#top = position;
    this.#retention = publication.retention;
    return message;
  }

  #remember(idempotency: Idempotency, position: Position, now: number): void {
    this.#usedIds.delete(idempotency.key);
    this.#usedIds.set(idempotency.key, { fingerprint: idempotency.fingerprint, position, until: now + idempotency.windowMs });
  }
}
