import type { Position, ReadFrom, Retention } from "@openline/hub";

/** A message of a room; its epoch is that of the partition. */
export interface KeptMessage {
  readonly offset: number;
  readonly tag: string;
  /** The one before: `null` for the first of the epoch. */
  readonly previous: Mark | null;
  readonly content: string;
  readonly bytes: number;
  readonly time: number;
}

/** A position within an epoch. */
export type Mark = Pick<Position, "offset" | "tag">;

interface UsedId {
  readonly fingerprint: string;
  readonly mark: Mark;
  readonly until: number;
}

/** How an id was used before. */
export type UsedBefore = { readonly outcome: "duplicate"; readonly mark: Mark } | { readonly outcome: "conflict" };

/** An id is remembered so long beyond its window: clocks of publishers differ. */
const slackMs = 60_000;

/** What a node knows of one room from the log: the window of its messages, and the publish ids that were used. */
export class LogRoom {
  readonly #usedIds = new Map<string, UsedId>();
  #messages: KeptMessage[] = [];
  #bytes = 0;
  #retention: Retention | undefined;
  #top: Mark;
  /** The time of the last record. */
  touchedAt = 0;

  constructor(top: Mark) {
    this.#top = top;
  }

  get top(): Mark {
    return this.#top;
  }

  get messageCount(): number {
    return this.#messages.length;
  }

  /** True when only its top is left to know. */
  get isSpent(): boolean {
    return this.#messages.length === 0 && this.#usedIds.size === 0;
  }

  /** How an id was used that is used again at `time`; `undefined` when it is free. */
  used(key: string, fingerprint: string, time: number): UsedBefore | undefined {
    const used = this.#usedIds.get(key);
    if (used === undefined || used.until <= time) return undefined;
    return used.fingerprint === fingerprint ? { outcome: "duplicate", mark: used.mark } : { outcome: "conflict" };
  }

  remember(key: string, fingerprint: string, mark: Mark, until: number): void {
    this.#usedIds.delete(key);
    this.#usedIds.set(key, { fingerprint, mark, until });
  }

  append(message: KeptMessage, retention: Retention): void {
    this.#messages.push(message);
    this.#bytes += message.bytes;
    this.#retention = retention;
    this.#top = { offset: message.offset, tag: message.tag };
    this.expire(message.time);
  }

  /** Nothing of before is in the epoch that begins. Ids stay used. */
  restart(top: Mark): void {
    this.#messages = [];
    this.#bytes = 0;
    this.#top = top;
  }

  /** Lets go of what the rules no longer keep. */
  expire(now: number): void {
    this.#expireMessages(now);
    for (const [key, { until }] of this.#usedIds) {
      // The window is the same for all, so the oldest stand first.
      if (until + slackMs > now) break;
      this.#usedIds.delete(key);
    }
  }

  #expireMessages(now: number): void {
    const retention = this.#retention;
    if (retention === undefined) return;
    let count = 0;
    for (const { bytes, time } of this.#messages) {
      const fits = this.#messages.length - count <= retention.messages && this.#bytes <= retention.bytes;
      if (fits && now - time <= retention.ageMs) break;
      this.#bytes -= bytes;
      count++;
    }
    if (count > 0) this.#messages.splice(0, count);
  }

  read(from: ReadFrom): { readonly messages: readonly KeptMessage[]; readonly floor: number } {
    const floor = this.#messages[0]?.offset ?? this.#top.offset;
    if ("offset" in from) {
      const start = this.#place(from.offset);
      return { messages: this.#messages.slice(start, from.limit === undefined ? undefined : start + from.limit), floor };
    }
    const end = from.before === undefined ? this.#messages.length : this.#place(from.before);
    return { messages: this.#messages.slice(Math.max(0, end - from.newest), end), floor };
  }

  /** The index of the first message at or above an offset. */
  #place(offset: number): number {
    let [low, high] = [0, this.#messages.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#messages[middle]?.offset ?? Infinity) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
